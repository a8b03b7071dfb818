import { appendFile, copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { createProgress } from '../../src/cli/progress.js';
import { resultOf } from '../../src/harness/stored-result.js';
import { openVerdictCache } from '../../src/judge/cache.js';
import { openJudge } from '../../src/judge/judge.js';
import { checkJudge, gradeByJudge, judgeCache } from '../../src/judge/run.js';
import { mergeVerdicts, withVerdicts } from '../../src/judge/verdicts.js';
import type { Prediction } from '../../src/records/prediction.js';
import { predictionRecords } from '../../src/runs/records.js';
import { readRun } from '../../src/runs/stored-run.js';
import { inFolder, predictionOf, storeRun, vlmSpatial } from '../cli/stored-runs.js';
import { answerIn, fail, type Reply, withJudge } from '../support/judge-server.js';

const quiet = createProgress(true);
const going = new AbortController().signal;

/** Finds every "blue" right and nothing else: the opposite of the rule. */
const contrary: Reply = asked => (answerIn(asked) === 'blue' ? 'Yes.' : 'No.');

/** Answers that all differ, so that each is asked about. */
const answers = (count: number): Prediction[] =>
  Array.from({ length: count }, (_, i) => ({
    ...predictionOf('original', i, 0, false),
    output: `answer ${i}`,
  }));

const linesOf = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));

const resultIn = async (dir: string) =>
  withVerdicts(dir, await resultOf(await readRun(dir, predictionRecords)));

describe('score --judge', () => {
  it('grades a run beside its rule, asks about equal answers once, and leaves the predictions alone', () =>
    inFolder(root =>
      withJudge(contrary, async ({ url, asked }) => {
        const run = await storeRun(root);
        const stored = await readFile(join(run, 'predictions.jsonl'));
        const args = ['score', run, '--judge', url, '--judge-model', 'small', '--json'];
        const [done] = JSON.parse(await vlmSpatial(...args));
        // Two questions, each answered "Red" and "blue".
        expect(asked).toHaveLength(4);
        expect(done.scorer).toBe('small');
        expect(done.tables.scores).toMatchObject([
          { condition: 'original', n: 8, before: 100, after: 0, changed: 8, agreement: 0, kappa: 0 },
          { condition: 'permuted-0', before: 50, after: 50, changed: 8, agreement: 0, kappa: -1 },
          { condition: 'blank-image', before: 0, after: 100 },
          { condition: 'text-only', before: 0, after: 100 },
        ]);
        expect(await readFile(join(run, 'predictions.jsonl'))).toEqual(stored);
        const verdicts = await linesOf(join(run, 'verdicts.jsonl'));
        expect(verdicts).toHaveLength(32);
        expect(verdicts[3]).toEqual({
          ...{ id: 'q0-1', image: 'image 0', condition: 'permuted-0' },
          ...{ judge: 'small', url, verdict: 'yes', reply: 'Yes.', rule: 0 },
        });
        // All is known now, also for other runs in the folder.
        await vlmSpatial(...args);
        const other = await storeRun(root, { model: 'Other' });
        await vlmSpatial('score', other, ...args.slice(2));
        expect(asked).toHaveLength(4);
        expect(await readdir(root)).toEqual(['judge-cache.jsonl', 'mini']);
      }),
    ));

  it('keeps the verdicts of other judges', () =>
    inFolder(root =>
      withJudge(contrary, async ({ url, asked }) => {
        const run = await storeRun(root);
        for (const model of ['a', 'b', 'a'])
          await vlmSpatial('score', run, '--judge', url, '--judge-model', model);
        expect(asked).toHaveLength(8);
        const judges = (await linesOf(join(run, 'verdicts.jsonl'))).map(line => line.judge);
        expect(judges.filter(judge => judge === 'a')).toHaveLength(32);
        expect(judges.filter(judge => judge === 'b')).toHaveLength(32);
      }),
    ));

  it('grades other programs’ files, beside them', () =>
    inFolder(root =>
      withJudge(contrary, async ({ url }) => {
        const file = join(root, 'x_samples_my_task.jsonl');
        await writeFile(
          file,
          `${JSON.stringify({ doc_id: 0, target: 'Red', filtered_resps: 'blue', exact_match: 0, input: 'Q?' })}\n`,
        );
        const said = await vlmSpatial(
          'score',
          file,
          '--scorer',
          'exact',
          '--judge',
          url,
          '--judge-model',
          'm',
        );
        expect(said).toContain('accuracy (%) by exact and m');
        expect((await readdir(root)).sort()).toEqual(
          ['', '.judge-cache.jsonl', '.verdicts.jsonl'].map(end => `x_samples_my_task.jsonl${end}`),
        );
      }),
    ));

  it('puts the key into the header, and nowhere else', () =>
    inFolder(root =>
      withJudge(
        (asked, response, number) =>
          number === 3
            ? fail(response, 429, `wait, ${asked.key}`, { 'Retry-After': '0' })
            : `no, ${asked.key}`,
        async ({ url, asked }) => {
          vi.stubEnv('VLM_SPATIAL_JUDGE_KEY', 'sk-secret');
          vi.stubEnv('OPENAI_API_KEY', 'sk-other');
          try {
            const run = await storeRun(root);
            const said = await vlmSpatial('score', run, '--judge', url, '--judge-model', 'm', '--json');
            expect(asked.map(({ key }) => key)).toEqual(Array(5).fill('sk-secret'));
            vi.stubEnv('VLM_SPATIAL_JUDGE_KEY', '');
            await vlmSpatial('score', run, '--judge', url, '--judge-model', 'n');
            expect(asked.at(-1)!.key).toBe('sk-other');
            expect(said).not.toMatch(/sk-/);
            const files = await readdir(root, { recursive: true, withFileTypes: true });
            for (const file of files.filter(entry => entry.isFile()))
              expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toMatch(/sk-/);
          } finally {
            vi.unstubAllEnvs();
          }
        },
      ),
    ));

  it('says what is missing or too much', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      const refused = (...args: string[]) => expect(vlmSpatial('score', run, ...args)).rejects;
      await refused('--judge', 'http://h/v1').toThrow('name it with --judge-model');
      await refused('--judge-model', 'm').toThrow('give its URL');
      await refused('--judge', 'exact', '--scorer', 'vqa').toThrow('both name a rule');
      await refused('--judge', 'gpt').toThrow('scorers are: exact');
      expect(await vlmSpatial('score', run, '--judge', 'rule')).toContain('by short');
      expect(await vlmSpatial('score', run, '--judge', 'contains')).toContain('by contains');
    }));
});

describe('grading that stops', () => {
  const grade = (url: string, dir: string, predictions: readonly Prediction[], signal = going) =>
    gradeByJudge(openJudge({ url, model: 'm' }), dir, judgeCache(dir), predictions, {
      progress: quiet,
      signal,
    });

  it('keeps what was graded, and goes on from there', () =>
    inFolder(async dir => {
      const predictions = answers(30);
      let healthy = false;
      await withJudge(
        (_, response, number) =>
          healthy || number <= 10 ? 'yes' : fail(response, 401, 'the key has run out'),
        async ({ url, asked }) => {
          const error = await grade(url, dir, predictions).catch((thrown: Error) => thrown.message);
          expect(error).toMatch(/wants a key.*the key has run out.*; the answers are kept in .*goes on from/);
          await expect(stat(join(dir, 'verdicts.jsonl'))).rejects.toThrow('ENOENT');
          const kept = (await linesOf(judgeCache(dir))).length;
          expect(error).toContain(`${kept} of 30 new verdicts in ${judgeCache(dir)}`);
          const before = asked.length;
          healthy = true;
          const graded = await grade(url, dir, predictions);
          expect(asked.length - before).toBe(30 - kept);
          expect(graded.predictions.map(p => p.score)).toEqual(Array(30).fill(1));
          expect((await linesOf(graded.file)).map(line => line.id)).toEqual(predictions.map(p => p.id));
        },
      );
    }));

  it('by a signal is said so', () =>
    inFolder(async dir => {
      const stop = new AbortController();
      await withJudge(
        (_, __, number) => {
          if (number < 5) return 'no';
          stop.abort();
          return undefined;
        },
        async ({ url }) => {
          await expect(grade(url, dir, answers(30), stop.signal)).rejects.toThrow(
            /^stopped; the answers are kept in .*, \d+ of 30 new verdicts in/,
          );
        },
      );
    }));

  it('has no more questions under way than eight', () =>
    inFolder(async dir => {
      let underWay = 0;
      let most = 0;
      await withJudge(
        async () => {
          most = Math.max(most, ++underWay);
          await new Promise(resolve => setTimeout(resolve, 20));
          underWay--;
          return 'yes';
        },
        ({ url }) => grade(url, dir, answers(40)),
      );
      expect(most).toBe(8);
    }));

  it('asks nothing about answers that cannot be graded: their score stays unknown', () =>
    inFolder(async dir => {
      await withJudge(contrary, async ({ url, asked }) => {
        const [hidden] = answers(1).map(p => ({ ...p, targets: [], score: Number.NaN }));
        const { predictions } = await grade(url, dir, [hidden!, predictionOf('original', 1, 0, false)]);
        expect(predictions.map(p => p.score)).toEqual([Number.NaN, 1]);
        expect(asked).toHaveLength(1);
      });
    }));

  it('is foreseen where the judge cannot be asked, and only until it could', () =>
    inFolder(async dir => {
      let known = false;
      await withJudge(
        (_, response) => (known ? 'yes' : fail(response, 404, 'no model "m"')),
        async ({ url, asked }) => {
          const check = () =>
            checkJudge(openJudge({ url, model: 'm' }), judgeCache(join(dir, 'new')), {
              progress: quiet,
              signal: going,
            });
          await expect(check()).rejects.toThrow('no model "m"');
          known = true;
          await check();
          await check();
          expect(asked).toHaveLength(2);
        },
      );
    }));
});

describe('the cache of verdicts', () => {
  it('leaves out torn lines, and is not torn further', () =>
    inFolder(async dir => {
      const path = join(dir, 'cache.jsonl');
      const first = await openVerdictCache(path);
      await first.add('a', 'm', { verdict: 'yes', reply: 'Yes' });
      await first.close();
      await appendFile(path, '{"key":"b","model":"m","verd');
      const second = await openVerdictCache(path);
      expect([second.get('a'), second.get('b')]).toEqual([{ verdict: 'yes', reply: 'Yes' }, undefined]);
      await second.add('c', 'm', { verdict: 'no', reply: 'no' });
      await second.close();
      const third = await openVerdictCache(path);
      expect(['a', 'b', 'c'].map(key => third.get(key)?.verdict)).toEqual(['yes', undefined, 'no']);
      await third.close();
    }));

  it('is no file before there is a verdict', () =>
    inFolder(async dir => {
      await (await openVerdictCache(join(dir, 'cache.jsonl'))).close();
      expect(await readdir(dir)).toEqual([]);
    }));
});

describe('a run whose judge is a language model', () => {
  const judged = { parts: { judge: 'small' } };

  it('has its verdicts’ scores; without verdicts they are unknown, not the rule’s', () =>
    inFolder(root =>
      withJudge(contrary, async ({ url }) => {
        const run = await storeRun(root, judged);
        expect(new Set((await resultIn(run)).predictions.map(p => p.score))).toEqual(new Set([Number.NaN]));
        await vlmSpatial('score', run, '--judge', url, '--judge-model', 'small');
        const { predictions } = await resultIn(run);
        for (const p of predictions) expect(p.score).toBe(p.output === 'blue' ? 1 : 0);
        // Another judge's verdicts are not its own.
        const byRule = await storeRun(root, { model: 'Ruled' });
        await copyFile(join(run, 'verdicts.jsonl'), join(byRule, 'verdicts.jsonl'));
        for (const p of (await resultIn(byRule)).predictions)
          expect(p.score).toBe(p.output === 'Red' ? 1 : 0);
      }),
    ));

  it('has those of its shards', () =>
    inFolder(root =>
      withJudge(contrary, async ({ url }) => {
        const shards = [];
        for (const index of [1, 2]) {
          const dir = await storeRun(root, { ...judged, shard: { index, count: 2 } });
          await vlmSpatial('score', dir, '--judge', url, '--judge-model', 'small');
          shards.push(dir);
        }
        const whole = await storeRun(root, judged);
        await mergeVerdicts(shards, whole);
        for (const p of (await resultIn(whole)).predictions)
          expect(p.score).toBe(p.output === 'blue' ? 1 : 0);
      }),
    ));

  it('says so where its verdicts are damaged', () =>
    inFolder(async root => {
      const run = await storeRun(root, judged);
      await writeFile(join(run, 'verdicts.jsonl'), '{"id":"q"}\n');
      await expect(resultIn(run)).rejects.toThrow(/verdicts.jsonl:1 is damaged: remove/);
      await rm(join(run, 'verdicts.jsonl'));
      await mkdir(join(run, 'verdicts.jsonl'));
      await expect(resultIn(run)).rejects.toThrow('cannot be read');
    }));
});

describe('gradeByJudge', () => {
  it('counts replies with neither yes nor no as no, says so, and asks about them again', () =>
    inFolder(root =>
      withJudge(
        (_, __, number) => (number === 2 ? 'perhaps' : 'yes'),
        async ({ url, asked }) => {
          const source = join(root, 'answers.jsonl');
          await writeFile(source, '');
          const said: string[] = [];
          const progress = { ...quiet, say: (text: string) => void said.push(text) };
          const judge = openJudge({ url, model: 'small' });
          const grade = () =>
            gradeByJudge(judge, source, judgeCache(root), answers(4), { progress, signal: going });
          const { predictions, file } = await grade();
          expect(predictions.map(p => p.score).sort()).toEqual([0, 1, 1, 1]);
          expect(said).toEqual([
            expect.stringMatching(
              /^1 of 4 replies of small have neither yes nor no, the first is "perhaps": they count as no/,
            ),
          ]);
          expect((await linesOf(file)).filter(line => line.verdict === 'unclear')).toHaveLength(1);
          expect(await linesOf(judgeCache(root))).toHaveLength(3);
          expect((await grade()).predictions.map(p => p.score)).toEqual([1, 1, 1, 1]);
          expect(asked).toHaveLength(5);
        },
      ),
    ));

  it('has only so long for all answers, and keeps what it has', () =>
    inFolder(root =>
      withJudge(
        (_, __, number) => (number < 3 ? 'yes' : undefined),
        async ({ url }) => {
          const source = join(root, 'answers.jsonl');
          await writeFile(source, '');
          const judge = openJudge({ url, model: 'small' });
          const work = { progress: quiet, signal: going };
          const grading = gradeByJudge(judge, source, judgeCache(root), answers(4), work, { minutes: 0.02 });
          await expect(grading).rejects.toThrow(
            /small took longer than 1 minutes for 4 answers; .* 2 of 4 new verdicts/,
          );
        },
      ),
    ));
});

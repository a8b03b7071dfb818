import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readForeign } from '../../src/runs/foreign/read-foreign.js';
import { inFolder, storeRun, vlmSpatial } from './stored-runs.js';

const linesOf = async (path: string) =>
  (await readFile(path, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));

describe('score', () => {
  it('grades a run anew and leaves its predictions alone', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      const stored = await readFile(join(run, 'predictions.jsonl'));
      const [done] = JSON.parse(await vlmSpatial('score', run, '--scorer', 'yesno', '--json'));
      // No output is a yes or a no of a question whose answer is "Red".
      expect(done.tables.scores[0]).toMatchObject({
        condition: 'original',
        n: 8,
        images: 4,
        before: 100,
        after: 0,
        changed: 8,
      });
      expect(await readFile(join(run, 'predictions.jsonl'))).toEqual(stored);
      const scores = await linesOf(join(run, 'scores-yesno.jsonl'));
      expect(scores).toHaveLength(32);
      expect(scores[0]).toEqual({
        id: 'q0-0',
        image: 'image 0',
        condition: 'original',
        answer: 'yes',
        score: 0,
      });
    }));

  it('takes the benchmark’s own rule by itself', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      const said = await vlmSpatial('score', run);
      expect(said).toContain('accuracy (%) by short');
      expect(await readdir(run)).toContain('scores-short.jsonl');
    }));

  it('writes lmms-eval’s samples, a file a condition, which it reads back', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      const [{ files }] = JSON.parse(await vlmSpatial('score', run, '--export', 'lmms-eval', '--json'));
      expect(files).toHaveLength(5);
      const permuted = files.find((file: string) => file.includes('/permuted-0/'));
      const read = await readForeign(permuted);
      expect(read).toMatchObject({ source: 'lmms-eval', bench: '2ds', imagesKnown: true });
      expect(read.predictions.map(p => p.score)).toEqual([1, 0, 1, 0, 1, 0, 1, 0]);
      expect(read.predictions[1]).toMatchObject({
        id: 'q0-1',
        image: 'image 0',
        output: 'blue',
        targets: ['Red'],
      });
    }));

  it('grades other programs’ files, and says what is not known of them', () =>
    inFolder(async root => {
      const file = join(root, 'run_samples_my_task.jsonl');
      await writeFile(
        file,
        `${JSON.stringify({ doc_id: 0, target: 'Red', filtered_resps: 'red.', exact_match: 0, input: 'Q?' })}\n`,
      );
      await expect(vlmSpatial('score', file)).rejects.toThrow(/--bench, or --scorer/);
      const said = await vlmSpatial('score', file, '--scorer', 'exact');
      expect(said).toContain('does not tell which questions share an image');
      expect(await linesOf(`${file}.scores-exact.jsonl`)).toEqual([
        { id: '0', image: '0', condition: 'as logged', answer: 'red', score: 1 },
      ]);
      // One answer a question cannot give VQA accuracy.
      await expect(vlmSpatial('score', file, '--bench', 'vqav2')).rejects.toThrow('ten annotators');
    }));

  it('says so where there is no such run or scorer', () =>
    inFolder(async root => {
      await expect(vlmSpatial('score', join(root, 'none'))).rejects.toThrow('is not there');
      await expect(vlmSpatial('score', await storeRun(root), '--scorer', 'judge')).rejects.toThrow(
        'scorers are: exact',
      );
    }));
});

describe('diff', () => {
  it('compares two conditions of one run', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      const { diff, questions } = JSON.parse(
        await vlmSpatial('diff', run, '--condition', 'original,permuted-0', '--json'),
      );
      expect(diff[0]).toMatchObject({
        slice: 'all',
        n: 8,
        a: 100,
        b: 50,
        difference: -50,
        toWrong: 4,
        toRight: 0,
      });
      expect(diff.map((row: { slice: string }) => row.slice)).toEqual([
        ...['all', 'category color.abs', 'category color.rel', 'objects 2', 'objects 3'],
      ]);
      expect(questions).toHaveLength(4);
      await expect(vlmSpatial('diff', run)).rejects.toThrow('--condition X,Y of original, permuted-0');
      await expect(vlmSpatial('diff', run, '--condition', 'x')).rejects.toThrow('has no "x"');
    }));

  it('compares two runs, and writes all questions where it is asked to', () =>
    inFolder(async root => {
      const a = await storeRun(root, { right: { original: () => false } });
      const b = await storeRun(root, { model: 'Normalize', right: { original: () => true } });
      const out = join(root, 'diff');
      const said = await vlmSpatial('diff', a, b, '--show', '3', '--out', out);
      expect(said).toContain('A: Mini, original; B: Normalize, original');
      expect(said).toContain('5 more: --show N lists them');
      expect((await readFile(join(out, 'diff-questions.csv'), 'utf8')).trimEnd().split('\n')).toHaveLength(9);
    }));

  it('grades a run and another program’s file by one rule', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      const file = join(root, 'synthetic_results.jsonl');
      const line = (image: number, place: number, model_response: string) => ({
        ...{ entry_id: `${image}`, test_category: '2', qa_category: 'color abs', objects: [] },
        ...{
          question: `What is at place ${place}?`,
          correct_answer: 'Red',
          model_response,
          model_id: 'theirs',
        },
      });
      await writeFile(
        file,
        [line(0, 0, 'red'), line(0, 1, 'blue')].map(l => `${JSON.stringify(l)}\n`).join(''),
      );
      // Their ids are others, and the run asks the same on every image: nothing can be matched for sure.
      await expect(vlmSpatial('diff', run, file)).rejects.toThrow('no question in common');
      const one = await storeRun(root, { images: 1, parts: { limit: 1 } });
      const said = await vlmSpatial('diff', one, file);
      expect(said).toContain('by short');
      expect(said).toContain('matched by wording; without counterpart: 0 of A, 0 of B');
      expect(said).toMatch(/right→wrong .*What is at place 1\?/);
    }));
});

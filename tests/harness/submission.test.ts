import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Prediction } from '../../src/records/prediction.js';
import { openRun } from '../../src/runs/open-run.js';
import { predictionRecords } from '../../src/runs/records.js';
import { inFolder, predictionOf, storeRun, vlmSpatial } from '../cli/stored-runs.js';

const hidden = (condition: string, id: string, output: string): Prediction => ({
  ...predictionOf(condition, 1, 0, false),
  ...{ id, output, targets: [], score: Number.NaN },
});

/** A run on VQAv2's test split: two questions under two conditions. */
async function storeHidden(root: string): Promise<string> {
  const run = await openRun({
    root,
    suite: 'mini',
    experiment: 'permute',
    name: 'mini-vqav2',
    parts: {
      ...{ model: 'm', benchmark: 'vqav2', split: 'test', data: 'd', seed: 0, judge: 'rule' },
      ...{ template: '<image>{question}', suffix: '', maxNewTokens: 1, temperature: 0 },
    },
    manifest: { options: {}, model: { title: 'Mini' }, protocol: 'llava', benchmark: { title: 'VQAv2' } },
    format: predictionRecords,
  });
  await run.append([hidden('original', '7', 'Two, dogs?'), hidden('original', '12', 'The cat.')]);
  await run.append([hidden('permuted-0', '7', 'Three.'), hidden('permuted-0', '12', 'yes')]);
  await run.finish({ seconds: 1 });
  await run.close();
  return run.dir;
}

const submitted = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('score --submission', () => {
  it('writes what EvalAI takes, in LLaVA’s form; the scores stay unknown', () =>
    inFolder(async root => {
      const run = await storeHidden(root);
      const file = join(root, 'out', 'submission.json');
      const said = await vlmSpatial('score', run, '--submission', file);
      expect(await submitted(file)).toEqual([
        { question_id: 7, answer: '2 dogs' },
        { question_id: 12, answer: 'cat' },
      ]);
      expect(said).toMatch(/not published.*--split val/);
      expect(said).toMatch(/2 answers under original for EvalAI; the server wants every question.*--data/);
      const [{ tables }] = JSON.parse(await vlmSpatial('score', run, '--json'));
      expect(tables.scores[0]).toMatchObject({ n: 2, before: null, after: null, low: null, agreement: null });
      await vlmSpatial('score', run, '--submission', file, '--condition', 'permuted-0');
      expect((await submitted(file))[0]).toEqual({ question_id: 7, answer: '3' });
    }));

  it('adds the questions of the test split that were not asked, unanswered', () =>
    inFolder(async root => {
      const run = await storeHidden(root);
      const questions = (ids: number[]) =>
        writeFile(
          join(root, 'v2_OpenEnded_mscoco_test2015_questions.json'),
          JSON.stringify({
            data_subtype: 'test2015',
            questions: ids.map(question_id => ({ question_id, image_id: 1, question: 'What?' })),
          }),
        );
      const file = join(root, 'submission.json');
      await questions([5, 7, 12]);
      const said = await vlmSpatial('score', run, '--submission', file, '--data', root);
      expect(said).toContain('2 answers under original for EvalAI, 1 more unanswered');
      expect(await submitted(file)).toEqual([
        { question_id: 5, answer: '' },
        { question_id: 7, answer: '2 dogs' },
        { question_id: 12, answer: 'cat' },
      ]);
      await questions([5, 7]);
      await expect(vlmSpatial('score', run, '--submission', file, '--data', root)).rejects.toThrow(
        /^1 of the questions/,
      );
    }));

  it('is VQAv2’s, of one run and one of its conditions', () =>
    inFolder(async root => {
      const run = await storeRun(root);
      await expect(vlmSpatial('score', run, '--submission', 'x')).rejects.toThrow(/VQAv2's; .* answers 2DS/);
      await expect(vlmSpatial('score', run, run, '--submission', 'x')).rejects.toThrow('2 were named');
      const vqa = await storeHidden(root);
      await expect(vlmSpatial('score', vqa, '--submission', 'x', '--condition', 'y')).rejects.toThrow(
        'it has: original, permuted-0',
      );
    }));
});

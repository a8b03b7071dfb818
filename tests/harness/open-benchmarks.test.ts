import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createProgress } from '../../src/cli/progress.js';
import { openBenchmarks } from '../../src/harness/open-benchmarks.js';
import { commonOptions } from '../../src/harness/options.js';
import { readSuite } from '../../src/harness/suite.js';
import { fixture, imagesOf } from '../benchmarks/expected.js';
import { inFolder, storeRun, vlmSpatial } from '../cli/stored-runs.js';

const mini = readSuite('mini');

/** Opens what such settings ask for; what was said meanwhile. */
async function open(given: object) {
  const said: string[] = [];
  const progress = { ...createProgress(true), say: (text: string) => said.push(text) };
  return { opened: await openBenchmarks(mini, commonOptions.parse(given), progress), said };
}

/** A benchmark of one's own with one line. */
async function ownFile(folder: string): Promise<string> {
  const file = join(folder, 'mine.jsonl');
  await writeFile(join(folder, 'a.png'), 'A');
  await writeFile(file, `${JSON.stringify({ image: 'a.png', question: 'Is it red?', answer: 'yes' })}\n`);
  return file;
}

describe('a benchmark of one’s own', () => {
  it('is the file that --data names, graded by --scorer, without --bench', () =>
    inFolder(async folder => {
      const data = await ownFile(folder);
      const { opened } = await open({ data, scorer: 'yesno' });
      expect(opened).toHaveLength(1);
      const [{ benchmark, dataset }] = opened as [(typeof opened)[0]];
      expect([benchmark.name, benchmark.title, dataset.sampleCount]).toEqual(['own', 'mine', 1]);
      const [sample] = (await imagesOf(dataset))[0]!.samples;
      expect(benchmark.scorer('Yes, it is.', sample!).score).toBe(1);
    }));

  it('needs both, and says which is missing', () =>
    inFolder(async folder => {
      const data = await ownFile(folder);
      await expect(open({ data })).rejects.toThrow(
        /no file of 2DS.*--scorer exact\|vqa\|yesno\|choice\|option\|contains/,
      );
      await expect(open({ scorer: 'exact' })).rejects.toThrow(
        /--data FILE.jsonl; for another rule.*--judge exact/,
      );
      await expect(open({ scorer: 'exact', data: folder })).rejects.toThrow(/--data FILE.jsonl, not /);
      await expect(open({ scorer: 'best', data })).rejects.toThrow('scorers are: exact');
    }));

  it('is not what lines of JSON of a known benchmark are', async () => {
    const { opened } = await open({ bench: ['cvbench'], data: fixture('cvbench/official/test_2d.jsonl') });
    expect(opened[0]!.benchmark.name).toBe('cvbench');
  });

  it('can be graded and compared again later: its run says by what', () =>
    inFolder(async root => {
      const run = await storeRun(root, { parts: { benchmark: 'own', judge: 'contains' } });
      expect(await vlmSpatial('score', run)).toContain('by contains');
      expect(await vlmSpatial('score', run, '--scorer', 'exact')).toContain('by exact');
      expect(await vlmSpatial('diff', run, '--condition', 'original,permuted-0')).toContain('as stored');
    }));
});

describe('a split whose answers are not published', () => {
  it('is told of, with the way to its scores', async () => {
    const data = fixture('vqav2/official');
    const { opened, said } = await open({ bench: ['vqav2'], data, split: 'test-dev' });
    expect(opened[0]!.dataset.hiddenAnswers).toBe(true);
    expect(said.join()).toMatch(/VQAv2 test-dev are not published.*--submission FILE.*--split val/);
    expect((await open({ bench: ['vqav2'], data, split: 'val' })).said).toEqual([]);
  });
});

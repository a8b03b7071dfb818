import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCoco } from '../../src/benchmarks/coco.js';
import { benchmarks } from '../../src/benchmarks/index.js';
import type { Benchmark, Dataset } from '../../src/benchmarks/types.js';
import { makeMini } from '../../src/world/mini/make.js';
import { isCurrentMini, type MiniManifest, readManifest } from '../../src/world/mini/manifest.js';

let folder: string;
let out: string;
let manifest: MiniManifest;
const progress: number[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-mini-'));
  out = join(folder, 'mini');
  manifest = await makeMini({ out, onProgress: drawn => progress.push(drawn) });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(dataset: Dataset, name: string) {
  const { images, questions } = manifest.benchmarks[name]!;
  expect(dataset.imageCount).toBe(images);
  if (questions > 0) expect(dataset.sampleCount).toBe(questions);
  let read = 0;
  for await (const image of dataset.images()) {
    if (read++ > 5) break;
    const { width, height } = await sharp(await image.load()).metadata();
    expect([width, height]).toEqual([128, 128]);
  }
}

/** What the mini world is drawn for: the paper's benchmarks. */
const MADE = ['vqav2', 'pope', 'gqa', 'cvbench', '2ds', 'coco'] as const;

test('it has every benchmark of the paper', () => {
  expect(Object.keys(manifest.benchmarks).sort()).toEqual([...MADE].sort());
});

test.for(MADE)('%s: its reader opens the folder', async name => {
  await check(await benchmarks[name].open(join(out, name)), name);
});

test('coco: its reader opens the folder, five captions an image', async () => {
  const dataset = await openCoco(join(out, 'coco'));
  await check(dataset, 'coco');
  for await (const { samples } of dataset.images()) {
    if (samples[0]!.targets.length !== 5) expect.unreachable(samples[0]!.id);
  }
});

test('the right answers get full credit from every benchmark’s own scorer', async () => {
  for (const name of MADE) {
    const benchmark: Benchmark = benchmarks[name];
    if (benchmark.graded === false) continue;
    const dataset = await benchmark.open(join(out, name));
    let credit = 0;
    for await (const { samples } of dataset.images()) {
      for (const sample of samples) {
        const counts = (answer: string) => sample.targets.filter(target => target === answer).length;
        const best = [...sample.targets].sort((a, b) => counts(b) - counts(a))[0]!;
        credit += benchmark.scorer(best, sample).score;
      }
    }
    expect(credit / dataset.sampleCount, name).toBeCloseTo(1, 6);
  }
});

test('progress ends at the number of images; the manifest tells options, counts and the guesser', async () => {
  const images = Object.values(manifest.benchmarks).reduce((sum, { images }) => sum + images, 0);
  expect(progress.at(-1)).toBe(images);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
  expect(await readManifest(out)).toEqual(manifest);
  expect(await isCurrentMini(out)).toBe(true);
  expect(await isCurrentMini(out, { seed: 1 })).toBe(false);
  expect(await isCurrentMini(folder)).toBe(false);
});

test('a folder that holds something else is left alone, and no half-written one stays behind', async () => {
  const other = join(folder, 'other');
  await makeMini({ out: other, gap: 60 }).then(
    () => expect.unreachable('no two objects fit 40 px apart in rows and columns'),
    (error: Error) => expect(error.message).toMatch(/expected room for \d objects/),
  );
  expect(await readdir(folder)).toEqual(['mini']);
  await writeFile(join(folder, 'notes.txt'), 'mine');
  await expect(makeMini({ out: folder })).rejects.toThrow(/found something else/);
  await expect(makeMini({ out: other, contrast: 0 })).rejects.toThrow(/contrast/);
});

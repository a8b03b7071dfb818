import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCoco } from '../../src/benchmarks/coco.js';
import { benchmarks } from '../../src/benchmarks/index.js';
import type { OpenOptions } from '../../src/benchmarks/types.js';
import { everything, expected, fixture, imagesOf } from './expected.js';
import { buildZip } from './zip-builder.js';

const LAYOUTS = [
  ['gqa', 'official'],
  ['gqa', 'parquet'],
  ['pope', 'official'],
  ['pope', 'parquet'],
  ['vqav2', 'official'],
  ['vqav2', 'parquet'],
  ['cvbench', 'official'],
  ['cvbench', 'parquet'],
  ['mmvp', 'official'],
  ['mmvp', 'parquet'],
  ['vsr', 'official'],
  ['blink', 'parquet'],
  ['embspatial', 'official'],
  ['embspatial', 'parquet'],
] as const;

const open = (benchmark: (typeof LAYOUTS)[number][0], layout: string, options?: OpenOptions) =>
  benchmarks[benchmark].open(fixture(`${benchmark}/${layout}`), options);

describe.each(LAYOUTS)('%s, %s layout', (benchmark, layout) => {
  test('gives every question, grouped by image in a stable order, and every image to the byte', async () => {
    const dataset = await open(benchmark, layout);
    const found = await everything(dataset);
    expect(found).toEqual({ split: expected(benchmark).split, images: expected(benchmark).images });
    expect(await everything(dataset)).toEqual(found); // may be iterated again
  });

  test('says what it found', async () => {
    const { imageCount, sampleCount, layout: found } = await open(benchmark, layout);
    const { images } = expected(benchmark);
    expect(imageCount).toBe(images.length);
    expect(sampleCount).toBe(images.reduce((sum, { samples }) => sum + samples.length, 0));
    expect(found).toContain(layout);
    expect(found).toContain(`${sampleCount} questions on ${imageCount} images`);
  });

  test('images can be loaded in any order', async () => {
    const found = await imagesOf(await open(benchmark, layout));
    const [first, last] = [found[0]!, found.at(-1)!];
    const loaded = await Promise.all([last.load(), first.load(), last.load()]);
    expect(Buffer.from(loaded[0]!).equals(Buffer.from(loaded[2]!))).toBe(true);
    expect(Buffer.from(loaded[0]!).equals(Buffer.from(loaded[1]!))).toBe(false);
  });

  test('the fingerprint is a property of the content', async () => {
    const [one, other] = [await open(benchmark, layout), await open(benchmark, layout)];
    expect(one.fingerprint).toMatch(/^[0-9a-f]{64}$/);
    expect(other.fingerprint).toBe(one.fingerprint);
  });
});

test('an unknown split is an error that lists those found', async () => {
  await expect(open('gqa', 'parquet', { split: 'val' })).rejects.toThrow(
    /split "val" of GQA.*found .*"test_balanced".*"testdev_balanced"/,
  );
});

test("VQAv2's test splits have hidden answers, and their images' own names", async () => {
  for (const layout of ['official', 'parquet']) {
    const dataset = await open('vqav2', layout, { split: 'test-dev' });
    expect(dataset.hiddenAnswers).toBe(true);
    const { images } = await everything(dataset);
    expect(images.flatMap(({ samples }) => samples.map(({ targets }) => targets))).toEqual([[]]);
  }
  expect((await open('vqav2', 'official')).hiddenAnswers).toBeUndefined();
});

test('a split of POPE by itself', async () => {
  for (const layout of ['official', 'parquet']) {
    const dataset = await open('pope', layout, { split: 'popular' });
    expect([dataset.split, dataset.sampleCount]).toEqual(['popular', 12]);
  }
});

test("one file of POPE, with its folder's images", async () => {
  const path = fixture('pope/official/output/coco/coco_pope_adversarial.json');
  await expect(benchmarks.pope.open(path)).rejects.toThrow(
    /found none for 2 of 2: "COCO_val2014_000000310196" \(line 1, 2, .*fetch the images, or say with --images/,
  );
  const dataset = await benchmarks.pope.open(path, { images: fixture('pope/official/val2014.zip') });
  expect([dataset.split, dataset.sampleCount]).toEqual(['adversarial', 12]);
  const [image] = await imagesOf(dataset);
  expect((await image!.load()).length).toBeGreaterThan(0);
});

test("POPE's questions on other images, which its repository holds too, are left out", async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pope-'));
  await cp(fixture('pope/official'), folder, { recursive: true });
  await cp(fixture('pope/official/output/coco'), join(folder, 'output/seem/gqa'), { recursive: true });
  expect((await benchmarks.pope.open(folder)).sampleCount).toBe(36);
  await rm(folder, { recursive: true });
});

test('question files are found inside archives', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'zipped-'));
  const content = await readFile(fixture('gqa/official/questions1.2/testdev_balanced_questions.json'));
  const noise = Buffer.from(`{"a": "${'x'.repeat(1e6)}"}`);
  const members = [
    { name: 'all.json', content: noise, deflated: true },
    { name: 'testdev_balanced_questions.json', content, deflated: true },
  ];
  await writeFile(join(folder, 'questions1.2.zip'), buildZip(members));
  const { split, sampleCount } = await benchmarks.gqa.open(folder, { allImages: false });
  expect([split, sampleCount]).toEqual(['testdev_balanced', 16]);
  await rm(folder, { recursive: true });
});

test('COCO captions, from the archives as they are published', async () => {
  const dataset = await openCoco(fixture('coco'));
  expect(await everything(dataset)).toEqual({ split: 'val2017', images: expected('coco').images });
});

test("another benchmark's files are refused with what was expected and what was found", async () => {
  await expect(benchmarks.gqa.open(fixture('cvbench/official'))).rejects.toThrow(
    /^expected GQA's .* at .*, found 12 .png, 2 .jsonl of another form: fetch/,
  );
  await expect(benchmarks.vqav2.open(fixture('pope/parquet'))).rejects.toThrow(
    /found 5 .parquet of another form/,
  );
  await expect(benchmarks.pope.open(fixture('nowhere'))).rejects.toThrow(/found nothing there/);
});

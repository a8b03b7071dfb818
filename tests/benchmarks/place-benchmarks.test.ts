import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import { everything, expected, fixture } from './expected.js';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** A copy of a fixture whose file `name` says what `change` makes of it. */
async function changed(path: string, name: string, change: (text: string) => string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'place-'));
  folders.push(folder);
  await cp(fixture(path), folder, { recursive: true });
  await writeFile(join(folder, name), change(await readFile(join(folder, name), 'utf8')));
  return folder;
}

describe.each(['official', 'parquet'])('CV-Bench 3D, %s layout', layout => {
  test('is the other part of the same files', async () => {
    const found = await everything(await benchmarks['cvbench-3d'].open(fixture(`cvbench/${layout}`)));
    expect(found).toEqual(expected('cvbench-3d'));
    expect(found.images.every(({ samples }) => samples[0]!.category === 'Depth')).toBe(true);
  });
});

describe("What'sUp", () => {
  const { records } = expected('whatsup') as unknown as {
    records: { image_path: string; caption_options: string[] }[];
  };
  const open = (split?: string) =>
    benchmarks.whatsup.open(fixture('whatsup/official'), split === undefined ? {} : { split });

  test('puts the four captions in an order of its own, the same each time, and knows the right one', async () => {
    const { split, images } = await everything(await open());
    expect(split).toBe('controlled_images');
    expect(await everything(await open())).toEqual({ split, images });
    const letters = images.map(({ samples: [sample] }, i) => {
      const { choices = [], targets, question } = sample!;
      const captions = records[i]!.caption_options;
      expect([...choices].sort()).toEqual([...captions].sort());
      const right = choices.indexOf(captions[0]!);
      expect(targets).toEqual([`(${'ABCD'[right]})`]);
      expect(question.split('\n').slice(1)).toEqual(choices.map((choice, c) => `${'ABCD'[c]}. ${choice}`));
      return targets[0];
    });
    expect(new Set(letters).size).toBeGreaterThan(1);
    expect(images.map(({ samples }) => samples[0]!.category)).toEqual(['on', 'under', 'left', 'right']);
    expect(new Set(images.map(({ samples }) => samples[0]!.labels.set))).toEqual(
      new Set(['beer-bottle, armchair']),
    );
  });

  test('captions on COCO and Visual Genome are splits of their own', async () => {
    const coco = await everything(await open('coco_qa_two_obj'));
    expect(coco.images[0]!.samples[0]).toMatchObject({ category: 'left', labels: {} });
    const vg = await everything(await open('vg_qa_one_obj'));
    expect(vg.images.map(({ id, samples }) => [id, samples[0]!.category])).toEqual([['2317429', 'left']]);
  });

  test('a pair and a set are right when every one of their questions is', () => {
    const rows = ['on', 'under', 'left', 'right'].flatMap(category =>
      ['mug, table', 'cup, chair'].map(set => ({
        answer: '',
        score: set === 'mug, table' || category !== 'under' ? 1 : 0,
        targets: [],
        category,
        labels: { set },
      })),
    );
    const figures = Object.fromEntries(benchmarks.whatsup.metrics!(rows).map(m => [m.name + m.slice, m]));
    expect(figures['pair accuracy']).toMatchObject({ value: 3 / 4, n: 4 });
    expect(figures['set accuracy']).toMatchObject({ value: 1 / 2, n: 2 });
  });
});

test("BLINK's test split has hidden answers, and other tasks are left alone", async () => {
  const dataset = await benchmarks.blink.open(fixture('blink/parquet'), { split: 'test' });
  expect([dataset.hiddenAnswers, dataset.sampleCount]).toEqual([true, 4]);
});

test("VSR's splits have the names of their folders", async () => {
  const path = fixture('vsr/official');
  expect((await benchmarks.vsr.open(path, { split: 'random test' })).sampleCount).toBe(2);
  await expect(benchmarks.vsr.open(path, { split: 'test' })).rejects.toThrow(
    /found "random test", "zeroshot dev", "zeroshot test"/,
  );
});

describe('bad rows are one clear line', () => {
  test.each([
    ['mmvp', 'Questions.csv', 'Correct Answer\r\n1,', 'Correct Answer\r\nx,', /Questions.csv, row 1.*Index/],
    [
      'mmvp',
      'Questions.csv',
      '(a) Open (b) Closed',
      'Open or closed',
      /Questions.csv, row 1.*\(a\) Open \(b\) Closed/,
    ],
    ['mmvp', 'Questions.csv', '"Is the dog', '"Is "the dog', /Questions.csv is no CSV/],
    [
      'vsr',
      'splits/zeroshot/test.jsonl',
      '"label": 1',
      '"label": 2',
      /zeroshot\/test.jsonl, line 1.*label.*0 or 1/,
    ],
    [
      'embspatial',
      'embspatial_bench.json',
      '"answer": 0',
      '"answer": 7',
      /embspatial_bench.json.*0.answer.*one of the options/,
    ],
    ['embspatial', 'embspatial_bench.json', '"image": "', '"image": "!', /base64 in its record.*"mp3d_0"/],
    ['whatsup', 'controlled_images_dataset.json', '"caption_options": [', '"captions": [', /caption_options/],
  ] as const)('%s: %s', async (benchmark, file, from, to, message) => {
    const folder = await changed(`${benchmark}/official`, file, text => {
      expect(text).toContain(from);
      return text.replace(from, to);
    });
    await expect(benchmarks[benchmark].open(folder)).rejects.toThrow(message);
  });
});

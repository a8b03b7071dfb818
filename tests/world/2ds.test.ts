import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTwoDs, type TwoDsDataset } from '../../src/benchmarks/2ds/dataset.js';
import { twoDs } from '../../src/benchmarks/2ds/index.js';
import type { Sample, SampleImage } from '../../src/benchmarks/types.js';
import { generateTwoDs } from '../../src/world/2ds/generate.js';
import { make2ds } from '../../src/world/2ds/make.js';
import { twoDsOptions } from '../../src/world/2ds/options.js';
import { answerFrom, type Found, findObjects } from './2ds-pixels.js';

const folder = await mkdtemp(join(tmpdir(), '2ds-'));
const CATEGORIES = ['color', 'shape', 'shape_color'].flatMap(a => [`${a}.abs`, `${a}.rel`]);

let dataset: TwoDsDataset;
const images: (SampleImage & { found: Found[] })[] = [];
const samples: Sample[] = [];

beforeAll(async () => {
  await make2ds({ out: folder });
  dataset = await openTwoDs(folder);
  for await (const image of dataset.images()) {
    images.push({ ...image, found: await findObjects(await image.load()) });
    samples.push(...image.samples);
  }
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function tally<T>(list: readonly T[], key: (element: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const element of list) counts[key(element)] = (counts[key(element)] ?? 0) + 1;
  return counts;
}

describe('the generated benchmark', () => {
  it('has 500 images, 100 for each of 2 to 6 objects, with one question of each category', () => {
    expect(dataset).toMatchObject({
      benchmark: '2ds',
      title: '2DS (generated)',
      split: 'generated, seed 0',
      imageCount: 500,
      sampleCount: 3000,
    });
    for (const image of images) expect(image.samples.map(({ category }) => category)).toEqual(CATEGORIES);
    const counts = tally(images, image => String(image.samples[0]!.labels.objects));
    expect(counts).toEqual({ 2: 100, 3: 100, 4: 100, 5: 100, 6: 100 });
    expect(new Set(samples.map(({ id }) => id)).size).toBe(3000);
  });

  it('can be answered from its pixels alone, and only as it says', () => {
    for (const { found, samples: asked } of images) {
      for (const { question, targets } of asked) {
        expect([question, answerFrom(found, question)]).toEqual([question, targets[0]]);
      }
    }
  });

  it('shows one set of objects for each number of them, of different shapes and colours', () => {
    const sets = new Map<unknown, Set<string>>();
    for (const { found, samples: asked } of images) {
      const count = asked[0]!.labels.objects;
      expect(found).toHaveLength(Number(count));
      expect(new Set(found.map(({ color }) => color)).size).toBe(count);
      expect(new Set(found.map(({ shape }) => shape)).size).toBe(count);
      const set = sets.get(count) ?? new Set();
      for (const { color, shape } of found) set.add(`${color} ${shape}`);
      sets.set(count, set);
    }
    for (const [count, set] of sets) expect(set.size).toBe(count);
  });

  it('stores each object where it was drawn', () => {
    // a triangle's and a star's extent has its middle above the centre, and tips thinner than a pixel
    const lift: Record<string, number> = { triangle: 0.1, star: (1 - Math.cos(Math.PI / 5)) / 2 };
    for (const { found, objects } of images) {
      for (const { color, shape, x, y, radius } of objects!) {
        const match = found.find(o => o.color === color && o.shape === shape)!;
        expect(Math.abs(match.x - x)).toBeLessThan(0.75);
        expect(Math.abs(match.y - (y - (lift[shape] ?? 0) * radius))).toBeLessThan(0.75);
      }
    }
  });

  it('keeps every pair of objects apart in both directions by more than the gap', () => {
    for (const { objects } of images) {
      for (const a of objects!) {
        for (const b of objects!) {
          if (a !== b) expect(Math.min(Math.abs(a.x - b.x), Math.abs(a.y - b.y))).toBeGreaterThan(6);
        }
      }
    }
  });

  it('has as many yes as no, and half of the relative questions open', () => {
    for (const category of CATEGORIES.filter(name => name.endsWith('.rel'))) {
      const answers = samples.filter(sample => sample.category === category);
      const forms = tally(answers, ({ labels, targets }) => (labels.form === 'yesno' ? targets[0]! : 'open'));
      expect(forms).toEqual({ yes: 125, no: 125, open: 250 });
    }
  });

  it('asks of every side and for every object of a set about equally often', () => {
    for (const category of CATEGORIES) {
      for (const count of [2, 3, 4, 5, 6]) {
        const open = samples.filter(
          s => s.category === category && s.labels.objects === count && s.labels.form === 'open',
        );
        const sides = tally(open, ({ question }) => /left|right|top|bottom|above|below/.exec(question)![0]);
        const answers = tally(open, ({ targets }) => targets[0]!);
        expect(Object.keys(answers)).toHaveLength(count);
        for (const n of Object.values(sides)) expect(Math.abs(n - open.length / 4)).toBeLessThanOrEqual(3);
        for (const n of Object.values(answers))
          expect(Math.abs(n - open.length / count)).toBeLessThanOrEqual(4);
      }
    }
  });

  it('gives a constant answer no more than a fifth of the colour or shape questions', () => {
    for (const category of ['color.abs', 'shape.abs']) {
      const answers = tally(
        samples.filter(sample => sample.category === category),
        ({ targets }) => targets[0]!,
      );
      expect(Math.max(...Object.values(answers))).toBeLessThanOrEqual(100);
    }
  });

  it('asks for three different sides and three different relations on an image', () => {
    const direction = ({ question }: Sample) => /left|right|top|bottom|above|below/.exec(question)![0];
    for (const image of images) {
      for (const frame of ['.abs', '.rel']) {
        const asked = image.samples.filter(sample => sample.category.endsWith(frame)).map(direction);
        expect(new Set(asked).size).toBe(3);
      }
    }
  });

  it('has the chance floors that follow from its numbers of objects', () => {
    const floor = (category: string) =>
      twoDs.chanceFloor!(samples.filter(sample => sample.category === category));
    const absolute = (1 / 2 + 1 / 3 + 1 / 4 + 1 / 5 + 1 / 6) / 5;
    const open = (1 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5) / 5;
    for (const attribute of ['color', 'shape', 'shape_color']) {
      expect(floor(`${attribute}.abs`)).toBeCloseTo(absolute, 10);
      expect(floor(`${attribute}.rel`)).toBeCloseTo((open + 1 / 2) / 2, 10);
    }
  });

  it('scores its own answers as right, and a wrong object as wrong', () => {
    for (const sample of samples) {
      expect(twoDs.scorer(sample.targets[0]!, sample).score).toBe(1);
      const other = samples.find(
        s =>
          s.category === sample.category &&
          s.labels.form === sample.labels.form &&
          s.targets[0] !== sample.targets[0],
      )!;
      expect(twoDs.scorer(other.targets[0]!, sample).score).toBe(0);
    }
  });
});

describe('generation', () => {
  it('gives the same bytes for the same seed, others for another', async () => {
    const make = async (seed: number) => {
      const { path } = await make2ds({ out: join(folder, 'small'), seed, imagesPerCount: 4 });
      return sha256(await readFile(path));
    };
    const first = await make(3);
    expect(await make(3)).toBe(first);
    expect(await make(4)).not.toBe(first);
  });

  it('tells what differs from the default in the split', async () => {
    const out = join(folder, 'varied');
    await make2ds({ out, seed: 5, imagesPerCount: 2, openShare: 1, gap: 2, contrast: 0.5 });
    const varied = await openTwoDs(out);
    expect(varied.split).toBe('generated, seed 5, imagesPerCount 2, openShare 1, contrast 0.5, gap 2');
    for await (const { samples: asked } of varied.images()) {
      expect(asked.filter(s => s.category.endsWith('.rel')).every(s => s.labels.form === 'open')).toBe(true);
    }
  });

  it('follows the layout rules it is given', () => {
    const options = twoDsOptions.parse({ imagesPerCount: 3, size: 64, minRadius: 4, maxRadius: 5, gap: 1 });
    for (const { scene } of generateTwoDs(options)) {
      expect(scene.size).toBe(64);
      for (const { x, y, radius } of scene.objects) {
        expect(radius).toBeGreaterThanOrEqual(4);
        expect(radius).toBeLessThanOrEqual(5);
        expect(Math.min(x, y, 64 - x, 64 - y)).toBeGreaterThanOrEqual(radius + 2);
      }
    }
  });

  it.each([
    [{ minRadius: 12, maxRadius: 10 }, /minRadius: expected at most maxRadius/],
    [{ openShare: 1.5 }, /openShare/],
    [{ counts: [2, 7] }, /counts/],
    [{ minRadius: 60, maxRadius: 63 }, /room for 2 objects/],
  ])('refuses %j', async (options, message) => {
    await expect(make2ds({ out: join(folder, 'never'), ...options })).rejects.toThrow(message);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import type { SampleImage } from '../../src/benchmarks/types.js';
import { make2ds } from '../../src/world/2ds/make.js';
import { twoDsOptions } from '../../src/world/2ds/options.js';
import { everyAnswer } from '../../src/world/2ds/questions.js';
import { imagesOf } from './expected.js';

describe('2DS in pairs', () => {
  let folder: string;
  let images: SampleImage[];
  const own = new Map<string, SampleImage>();
  const { gap } = twoDsOptions.parse({});
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), '2ds-pairs-'));
    await make2ds({ out: folder, imagesPerCount: 2, counts: [2, 4] });
    images = await imagesOf(await benchmarks['2ds-pairs'].open(folder));
    for (const image of await imagesOf(await benchmarks['2ds'].open(folder))) own.set(image.id, image);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const samples = () => images.flatMap(image => image.samples.map(sample => ({ image, sample })));
  const pairsOf = (kind: string) => {
    const pairs = new Map<string, ReturnType<typeof samples>>();
    for (const one of samples()) {
      const pair = one.sample.labels[kind];
      if (pair !== undefined) pairs.set(`${pair}`, [...(pairs.get(`${pair}`) ?? []), one]);
    }
    return [...pairs.values()];
  };

  it('has every question of 2DS, and partners whose answers are right in their scenes', () => {
    const ids = samples().map(({ sample }) => sample.id);
    for (const image of own.values()) for (const { id } of image.samples) expect(ids).toContain(id);
    expect(new Set(ids).size).toBe(ids.length);
    let checked = 0;
    for (const { image, sample } of samples()) {
      const answer = everyAnswer(image.objects!, gap).get(sample.question);
      // A reversed question may be one that 2DS would not ask; where it would, it has this answer.
      if (answer !== undefined) expect([answer]).toEqual(sample.targets);
      if (answer !== undefined) checked++;
    }
    expect(checked).toBeGreaterThan(0.9 * ids.length);
  });

  it.each(['swap', 'roles', 'mirror'])(
    '%s: two questions a pair, on scenes that differ as they should',
    kind => {
      const pairs = pairsOf(kind);
      expect(pairs.length).toBeGreaterThan(2);
      for (const pair of pairs) {
        expect(pair).toHaveLength(2);
        const [a, b] = pair as [(typeof pair)[number], (typeof pair)[number]];
        if (kind === 'swap') {
          expect(b.sample.question).toBe(a.sample.question);
          expect(b.sample.targets).not.toEqual(a.sample.targets);
        }
        if (kind === 'roles') {
          expect(b.image).toBe(a.image);
          expect(b.sample.question).not.toBe(a.sample.question);
          expect([...a.sample.targets, ...b.sample.targets].sort()).toEqual(['no', 'yes']);
        }
        if (kind === 'mirror') {
          expect(b.sample.question).toBe(a.sample.question);
          const turns = /left|right/.test(a.sample.question);
          if (!turns) expect(b.sample.targets).toEqual(a.sample.targets);
          const x = (image: SampleImage) => image.objects!.map(object => object.x);
          const sums = x(a.image).map((at, i) => at + x(b.image)[i]!);
          expect(new Set(sums).size).toBe(1);
        }
      }
    },
  );

  it('draws its scenes as 2DS does, and the others differ', async () => {
    const [first] = own.values();
    const drawn = images.find(({ id }) => id === first!.id)!;
    expect(Buffer.from(await drawn.load()).equals(Buffer.from(await first!.load()))).toBe(true);
    const swapped = images.find(({ id }) => id.startsWith(`${first!.id} swapped`))!;
    expect(Buffer.from(await swapped.load()).equals(Buffer.from(await drawn.load()))).toBe(false);
  });

  it('is consistent where both are right; a question without its partner is counted apart', () => {
    const row = (id: string, pair: string | undefined, score: number) => ({
      ...{ answer: id, score, targets: [], category: '' },
      labels: pair === undefined ? ({} as Record<string, string>) : { swap: pair },
    });
    const rows = [
      row('a', '1', 1),
      row('b', '1', 1),
      row('c', '2', 1),
      row('d', '2', 0),
      row('e', '3', 1),
      row('f', undefined, 1),
    ];
    const figures = benchmarks['2ds-pairs'].metrics!(rows).map(({ name, slice, value, n }) => [
      name,
      slice,
      value,
      n,
    ]);
    expect(figures).toEqual([
      ['accuracy', '', 5 / 6, 6],
      ['consistency', 'swap', 1 / 2, 2],
      ['questions without their partner', 'swap', 1 / 5, 1],
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { clusteredMean, clusteredStatistic, pAgainst } from '../../src/metrics/clustered.js';
import { reference, simulatedStudy } from './fixtures.js';

const close = (found: number, expected: number) => expect(Math.abs(found - expected)).toBeLessThan(1e-9);

describe('clusteredMean', () => {
  it.each(reference.clustered)(
    'is a NumPy jackknife over images, case %#',
    ({ a, image, mean, jackknife }) => {
      const found = clusteredMean(a, image);
      expect(found.n).toBe(a.length);
      close(found.mean, mean);
      close(found.error, jackknife.error);
      close(found.df, jackknife.df);
      close(found.low, jackknife.t[0]);
      close(found.high, jackknife.t[1]);
      const within = clusteredMean(a, image, { range: [0, 1] });
      close(within.low, jackknife.wilson[0]);
      close(within.high, jackknife.wilson[1]);
    },
  );

  const { a, image } = reference.clustered[1];

  it('does not depend on the order of the questions', () => {
    expect(clusteredMean([...a].reverse(), [...image].reverse())).toEqual(clusteredMean(a, image));
  });

  it('gains nothing from asking every question three times', () => {
    const thrice = <T>(list: readonly T[]) => [...list, ...list, ...list];
    const [once, three] = [clusteredMean(a, image), clusteredMean(thrice(a), thrice(image))];
    expect(three.n).toBe(3 * once.n);
    for (const key of ['mean', 'low', 'high', 'error', 'df'] as const) close(three[key], once[key]);
  });

  it('is wider than an interval that takes the questions for independent', () => {
    const width = (clusters: string[]) => {
      const { low, high } = clusteredMean(a, clusters);
      return high - low;
    };
    expect(width(image)).toBeGreaterThan(1.3 * width(a.map((_, i) => `question ${i}`)));
  });

  it('widens with the level, and moves with the range', () => {
    const at = (level: number) => clusteredMean(a, image, { level });
    expect(at(0.99).low).toBeLessThan(at(0.9).low);
    expect(at(0.99).high).toBeGreaterThan(at(0.9).high);
    const shares = clusteredMean(a, image, { range: [0, 1] });
    const percents = clusteredMean(
      a.map(x => 100 * x),
      image,
      { range: [0, 100] },
    );
    close(percents.low, 100 * shares.low);
    close(percents.high, 100 * shares.high);
  });

  it('stays within its range, and is not empty where all images agree', () => {
    const images = Array.from({ length: 30 }, (_, i) => `image ${i % 15}`);
    const { low, high, mean } = clusteredMean(
      images.map(() => 1),
      images,
      { range: [0, 1] },
    );
    expect(mean).toBe(1);
    close(high, 1);
    // 15 answers, all right: Wilson's lower end with t of 14 degrees of freedom, 2.1448.
    close(low, 15 / (15 + 2.1447866879178044 ** 2));
    const one = images.map((_, i) => (i === 0 ? 0 : 1));
    expect(clusteredMean(one, images, { range: [0, 1] }).high).toBeLessThan(1);
  });

  it('says nothing about the spread of fewer than ten images', () => {
    const images = Array.from({ length: 18 }, (_, i) => `image ${i % 9}`);
    const values = images.map((_, i) => i % 2);
    expect(clusteredMean(values, images, { range: [0, 1] })).toMatchObject({
      n: 18,
      clusters: 9,
      mean: 0.5,
      ...{ low: Number.NaN, high: Number.NaN, error: Number.NaN },
    });
  });

  it('counts 200,000 questions on 40,000 images', () => {
    const values = Float64Array.from({ length: 200_000 }, (_, i) => i % 2);
    const images = Array.from(values, (_, i) => String(Math.floor(i / 5)));
    const estimate = clusteredMean(values, images);
    expect(estimate).toMatchObject({ n: 200_000, clusters: 40_000, mean: 0.5 });
    // Images of five alternating answers hold 2 or 3 right ones: standard deviation 0.1 each, 0.1 / √40000 of the mean.
    expect(Math.abs(estimate.error / 0.0005 - 1)).toBeLessThan(0.001);
  });

  it.each([
    ['no questions', [], []],
    ['unequal lengths', [1, 0], ['x']],
    ['a value that is not a number', [1, Number.NaN], ['x', 'y']],
  ])('refuses %s', (_, values, clusters) => {
    expect(() => clusteredMean(values, clusters)).toThrow(RangeError);
  });

  it.each([{ level: 0 }, { level: 1 }])('refuses %o', options => {
    expect(() => clusteredMean(a, image, options)).toThrow(RangeError);
  });
});

it('covers the truth about as often as it says, from ten images on', () => {
  // The same 500 studies always; a percentile bootstrap over images covers 87 % of them at 10 images.
  for (const images of [10, 20]) {
    let inside = 0;
    for (let seed = 0; seed < 500; seed++) {
      const { a, image } = simulatedStudy(images, seed);
      const { low, high } = clusteredMean(a, image, { range: [0, 1] });
      if (low <= 0.5 && 0.5 <= high) inside++;
    }
    expect(inside / 500).toBeGreaterThan(0.92);
    expect(inside / 500).toBeLessThan(0.98);
  }
});

describe('clusteredStatistic', () => {
  const { a, b, image } = reference.clustered[1];

  it('is the mean where the statistic is the mean', () => {
    const { value, ...rest } = clusteredStatistic([a], image, ([sum, n]) => sum! / n!);
    expect({ mean: value, ...rest }).toEqual(clusteredMean(a, image));
  });

  it('knows no spread where the statistic is not defined without one of the images', () => {
    // A precision, right among those called positive, all of whose positives are on one image.
    const images = Array.from({ length: 12 }, (_, i) => `image ${i}`);
    const called = images.map((_, i) => (i === 0 ? 1 : 0));
    const precision = clusteredStatistic([called, called], images, ([r, c]) => r! / c!);
    expect(precision).toMatchObject({ value: 1, low: Number.NaN, high: Number.NaN });
    expect(pAgainst(precision, 0.5)).toBeNaN();
  });

  it('leaves columns out together', () => {
    const difference = clusteredStatistic([a, b], image, ([x, y, n]) => (x! - y!) / n!);
    const direct = clusteredMean(
      a.map((x, i) => x - b[i]!),
      image,
    );
    close(difference.value, direct.mean);
    close(difference.low, direct.low);
    close(difference.high, direct.high);
  });

  it('tests what its interval covers: p is 0.05 at either end', () => {
    const estimate = clusteredStatistic([a], image, ([sum, n]) => sum! / n!);
    close(pAgainst(estimate, estimate.low), 0.05);
    close(pAgainst(estimate, estimate.high), 0.05);
    close(pAgainst(estimate, estimate.value), 1);
    expect(pAgainst({ value: 1, error: 0, df: 3 }, 1)).toBe(1);
    expect(pAgainst({ value: 1, error: 0, df: 3 }, 2)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { clusteredMean, clusteredStatistic } from '../../src/metrics/bootstrap.js';
import { reference } from './fixtures.js';

describe('clusteredMean', () => {
  it.each(reference.clustered)('agrees with a NumPy bootstrap over images, case %#', study => {
    const { mean, low, high, n } = clusteredMean(study.a, study.image, { seed: 1, resamples: 50_000 });
    expect(n).toBe(study.a.length);
    expect(mean).toBeCloseTo(study.mean, 12);
    expect(Math.abs(low - study.interval[0])).toBeLessThan(0.005);
    expect(Math.abs(high - study.interval[1])).toBeLessThan(0.005);
  });

  const { a, image } = reference.clustered[1];

  it('gives the same interval for the same seed and another for another', () => {
    const options = { seed: 7 };
    expect(clusteredMean(a, image, options)).toEqual(clusteredMean(a, image, options));
    expect(clusteredMean(a, image, options).low).not.toBe(clusteredMean(a, image, { seed: 8 }).low);
  });

  it('does not depend on the order of the questions', () => {
    expect(clusteredMean([...a].reverse(), [...image].reverse(), { seed: 7 })).toEqual(
      clusteredMean(a, image, { seed: 7 }),
    );
  });

  it('gains nothing from asking every question three times', () => {
    const thrice = <T>(list: readonly T[]) => [...list, ...list, ...list];
    const { n, ...estimate } = clusteredMean(a, image, { seed: 7 });
    expect(clusteredMean(thrice(a), thrice(image), { seed: 7 })).toEqual({ ...estimate, n: 3 * n });
  });

  it('is wider than an interval that takes the questions for independent', () => {
    const width = (clusters: string[]) => {
      const { low, high } = clusteredMean(a, clusters, { seed: 7 });
      return high - low;
    };
    expect(width(image)).toBeGreaterThan(1.3 * width(a.map((_, i) => `question ${i}`)));
  });

  it('widens with the level', () => {
    const at = (level: number) => clusteredMean(a, image, { seed: 7, level });
    expect(at(0.99).low).toBeLessThan(at(0.9).low);
    expect(at(0.99).high).toBeGreaterThan(at(0.9).high);
  });

  it('says nothing about the spread of a single image', () => {
    expect(clusteredMean([1, 0, 0, 1], ['x', 'x', 'x', 'x'], { seed: 1 })).toEqual({
      n: 4,
      clusters: 1,
      mean: 0.5,
      low: Number.NaN,
      high: Number.NaN,
    });
  });

  it('counts 200,000 questions on 40,000 images', () => {
    const values = Float64Array.from({ length: 200_000 }, (_, i) => i % 2);
    const images = Array.from(values, (_, i) => String(Math.floor(i / 5)));
    const estimate = clusteredMean(values, images, { seed: 1, resamples: 200 });
    expect(estimate).toMatchObject({ n: 200_000, clusters: 40_000, mean: 0.5 });
    // Images of five alternating answers hold 2 or 3 right ones: standard deviation 0.1 each, 0.1 / √40000 of the mean.
    expect(estimate.high - estimate.low).toBeGreaterThan(2 * 1.6 * 0.0005);
    expect(estimate.high - estimate.low).toBeLessThan(2 * 2.4 * 0.0005);
  });

  it.each([
    ['no questions', [], []],
    ['unequal lengths', [1, 0], ['x']],
    ['a value that is not a number', [1, Number.NaN], ['x', 'y']],
  ])('refuses %s', (_, values, clusters) => {
    expect(() => clusteredMean(values, clusters, { seed: 1 })).toThrow(RangeError);
  });

  it.each([{ level: 0 }, { level: 1 }, { resamples: 0 }])('refuses %o', options => {
    expect(() => clusteredMean([1, 0], ['x', 'y'], { seed: 1, ...options })).toThrow(RangeError);
  });
});

describe('clusteredStatistic', () => {
  const { a, b, image } = reference.clustered[1];

  it('is the mean where the statistic is the mean', () => {
    const { value, low, high } = clusteredStatistic([a], image, ([sum, n]) => sum! / n!, { seed: 3 });
    expect({ mean: value, low, high }).toEqual(
      (({ mean, low, high }) => ({ mean, low, high }))(clusteredMean(a, image, { seed: 3 })),
    );
  });

  it('leaves out resamples in which the statistic is undefined', () => {
    // A precision: right among those called positive; some resamples of these three images call nothing positive.
    const called = [1, 0, 0];
    const right = [1, 0, 0];
    const precision = clusteredStatistic([right, called], ['x', 'y', 'z'], ([r, c]) => r! / c!, { seed: 3 });
    expect(precision).toEqual({ n: 3, clusters: 3, value: 1, low: 1, high: 1 });
  });

  it('resamples columns together', () => {
    const difference = clusteredStatistic([a, b], image, ([x, y, n]) => (x! - y!) / n!, { seed: 3 });
    const direct = clusteredMean(
      a.map((x, i) => x - b[i]!),
      image,
      { seed: 3 },
    );
    expect(difference.value).toBeCloseTo(direct.mean, 12);
    expect(difference.low).toBeCloseTo(direct.low, 12);
    expect(difference.high).toBeCloseTo(direct.high, 12);
  });
});

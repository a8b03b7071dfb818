import { describe, expect, it } from 'vitest';
import { pairedClusterTest } from '../../src/metrics/paired-cluster-test.js';
import { distanceFromUniform, reference, simulatedStudy } from './fixtures.js';

const [twelve, sixty] = reference.clustered;

/** p by trying every assignment of two labels to every image, by the definition and on the scores themselves. */
function bruteForce(a: readonly number[], b: readonly number[], image: readonly string[]) {
  const images = [...new Set(image)];
  const statistic = (swapped: number) =>
    a.reduce((sum, x, i) => sum + ((swapped >> images.indexOf(image[i]!)) & 1 ? b[i]! - x : x - b[i]!), 0);
  const observed = statistic(0);
  const all = Array.from({ length: 2 ** images.length }, (_, pattern) => statistic(pattern));
  const share = (reaches: (sum: number) => boolean) => all.filter(reaches).length / all.length;
  return {
    twoSided: share(sum => Math.abs(sum) >= Math.abs(observed) - 1e-9),
    greater: share(sum => sum >= observed - 1e-9),
  };
}

describe('pairedClusterTest', () => {
  it.each(['two-sided', 'greater'] as const)(
    'equals SciPy where all patterns are tried (%s)',
    alternative => {
      const test = pairedClusterTest(twelve.a, twelve.b, twelve.image, { seed: 1, alternative });
      expect(test).toMatchObject({ n: twelve.a.length, clusters: 12, exact: true });
      expect(test.p).toBeCloseTo(twelve.p[alternative], 12);
      expect(test.difference).toBeCloseTo(twelve.difference, 12);
    },
  );

  it.each(['two-sided', 'greater'] as const)('agrees with SciPy on random patterns (%s)', alternative => {
    const options = { seed: 1, alternative, permutations: 100_000 };
    const test = pairedClusterTest(sixty.a, sixty.b, sixty.image, options);
    expect(test.exact).toBe(false);
    // Both are Monte Carlo: 0.0006 is the standard error of p = 0.04 at 100,000.
    expect(Math.abs(test.p - sixty.p[alternative])).toBeLessThan(0.003);
    const { error, df, t } = sixty.differenceJackknife;
    for (const [found, expected] of [
      [test.error, error],
      [test.df, df],
      [test.low, t[0]],
      [test.high, t[1]],
    ] as const)
      expect(found).toBeCloseTo(expected, 9);
  });

  it.each([0, 1, 2, 3, 4])('equals brute force over eight images, study %i', seed => {
    const { a, b, image } = simulatedStudy(8, seed);
    const expected = bruteForce(a, b, image);
    expect(pairedClusterTest(a, b, image, { seed: 1 }).p).toBeCloseTo(expected.twoSided, 12);
    expect(pairedClusterTest(a, b, image, { seed: 1, alternative: 'greater' }).p).toBeCloseTo(
      expected.greater,
      12,
    );
  });

  it('takes sums that differ by rounding for equal (VQA accuracy has thirds)', () => {
    // Every image's difference is ± (0.3 + 0.3 + 0.3) or ± 0.9: two patterns of 2^3 reach the observed sum.
    const a = [0.3, 0.3, 0.3, 0.9, 0.6, 0.3];
    const image = ['x', 'x', 'x', 'y', 'z', 'z'];
    const test = pairedClusterTest(a, [0, 0, 0, 0, 0, 0], image, { seed: 1 });
    expect(test).toMatchObject({ p: 2 / 8, exact: true });
    const mixed = pairedClusterTest([0.3, 0.3, 0.3, 0], [0, 0, 0, 0.9], ['x', 'x', 'x', 'y'], { seed: 1 });
    expect(mixed.p).toBe(1);
  });

  it('finds nothing between equal scores, and does not take that for certainty', () => {
    const { a, image } = sixty;
    const { difference, low, high, p } = pairedClusterTest(a, a, image, { seed: 1 });
    expect({ difference, p }).toEqual({ difference: 0, p: 1 });
    // Wilson's upper end of a share that none of 60 images shows, with t of 59 degrees of freedom, 2.001.
    expect(high).toBeCloseTo(2.000995378 ** 2 / (60 + 2.000995378 ** 2), 8);
    expect(low).toBe(-high);
  });

  it('is antisymmetric, and its one-sided p of both directions makes 1 and the ties', () => {
    const { a, b, image } = simulatedStudy(10, 3);
    const ab = pairedClusterTest(a, b, image, { seed: 1, alternative: 'greater' });
    const ba = pairedClusterTest(b, a, image, { seed: 1, alternative: 'greater' });
    expect(ba.difference).toBeCloseTo(-ab.difference, 12);
    expect(ab.p + ba.p).toBeGreaterThanOrEqual(1);
    expect(Math.min(1, 2 * Math.min(ab.p, ba.p))).toBeCloseTo(
      pairedClusterTest(a, b, image, { seed: 1 }).p,
      12,
    );
  });

  it('never says 0: its smallest p is 1 / (1 + permutations)', () => {
    const image = Array.from({ length: 300 }, (_, i) => `image ${i % 100}`);
    const ones = image.map(() => 1);
    const zeros = image.map(() => 0);
    const options = { seed: 1, alternative: 'greater', permutations: 2000 } as const;
    expect(pairedClusterTest(ones, zeros, image, options).p).toBe(1 / 2001);
  });

  it('uses independent fair signs for every image, beyond the 32 of one random number', () => {
    // Under equal differences the permuted sum is binomial: P(|S| ≥ 12 of 100) = 0.2713 for one of 44 to 56.
    const image = Array.from({ length: 100 }, (_, i) => `image ${i}`);
    const a = image.map((_, i) => (i < 56 ? 1 : 0));
    const b = a.map(x => 1 - x);
    const { p } = pairedClusterTest(a, b, image, { seed: 5, permutations: 40_000 });
    expect(Math.abs(p - 0.2713)).toBeLessThan(0.01);
  });

  it('has uniform p-values under the null, which a test of questions has not', () => {
    const studies = Array.from({ length: 400 }, (_, seed) => simulatedStudy(60, seed));
    const options = { seed: 11, permutations: 999 };
    const byImage = studies.map(({ a, b, image }) => pairedClusterTest(a, b, image, options).p);
    const byQuestion = studies.map(
      ({ a, b }) =>
        pairedClusterTest(
          a,
          b,
          a.map((_, i) => `question ${i}`),
          options,
        ).p,
    );
    // 1.63 / √400: the 1 % point of Kolmogorov's distribution.
    expect(distanceFromUniform(byImage)).toBeLessThan(0.0815);
    expect(byImage.filter(p => p < 0.05).length / 400).toBeLessThan(0.085);
    expect(byQuestion.filter(p => p < 0.05).length / 400).toBeGreaterThan(0.2);
  });

  it('refuses scores of different questions', () => {
    expect(() => pairedClusterTest([1, 0], [1], ['x', 'y'], { seed: 1 })).toThrow(RangeError);
  });
});

import { describe, expect, it } from 'vitest';
import { clusteredMean } from '../../src/metrics/bootstrap.js';
import { pairedClusterTest } from '../../src/metrics/paired-cluster-test.js';
import { distanceFromUniform, simulatedStudy, withoutTies } from '../metrics/fixtures.js';

/** Share of simulated studies, whose true mean is 0.5, with the truth inside the interval. */
function coverage(studies: number, clustersOf: (image: string[]) => string[], level: number): number {
  let inside = 0;
  for (let seed = 0; seed < studies; seed++) {
    const { a, image } = simulatedStudy(100, seed);
    const { low, high } = clusteredMean(a, clustersOf(image), { seed, level, resamples: 1000 });
    if (low <= 0.5 && 0.5 <= high) inside++;
  }
  return inside / studies;
}

describe('intervals and tests on simulated studies', () => {
  // Binomial standard errors over 2,000 studies: 0.005 at 95 %, 0.009 at 80 %; percentile intervals of 100 images run
  // about a point short.
  it.each([
    [0.95, 0.925, 0.965],
    [0.8, 0.765, 0.83],
  ])('the %f interval of 100 images covers the true mean so often', (level, low, high) => {
    const share = coverage(2000, image => image, level);
    expect(share).toBeGreaterThan(low);
    expect(share).toBeLessThan(high);
  });

  it('an interval that took questions for independent would not', () => {
    expect(coverage(500, image => image.map((_, i) => `question ${i}`), 0.95)).toBeLessThan(0.8);
  });

  it('p-values under the null are uniform over 4,000 studies, and with ties err on the safe side', () => {
    const options = (seed: number) => ({ seed, permutations: 1999, resamples: 1 });
    const studies = Array.from({ length: 4000 }, (_, seed) => simulatedStudy(60, 10_000 + seed));
    const p = studies.map(
      ({ a, b, image }, i) =>
        pairedClusterTest(withoutTies(a, 2 * i), withoutTies(b, 2 * i + 1), image, options(i)).p,
    );
    // 1.63 / √4000: the 1 % point of Kolmogorov's distribution.
    expect(distanceFromUniform(p)).toBeLessThan(0.0258);
    const tied = studies.map(({ a, b, image }, i) => pairedClusterTest(a, b, image, options(i)).p);
    for (const level of [0.01, 0.05, 0.2, 0.5, 0.8])
      expect(tied.filter(x => x <= level).length / tied.length).toBeLessThan(level + 0.02);
  });
});

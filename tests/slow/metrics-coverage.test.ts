import { describe, expect, it } from 'vitest';
import { clusteredMean } from '../../src/metrics/clustered.js';
import { pairedClusterTest } from '../../src/metrics/paired-cluster-test.js';
import { distanceFromUniform, simulatedStudy, withoutTies } from '../metrics/fixtures.js';

/** Share of simulated studies, whose true mean is 0.5, with the truth inside the interval. */
function coverage(studies: number, images: number, clustersOf: (image: string[]) => string[], level: number) {
  let inside = 0;
  for (let seed = 0; seed < studies; seed++) {
    const { a, image } = simulatedStudy(images, seed);
    const { low, high } = clusteredMean(a, clustersOf(image), { level, range: [0, 1] });
    if (low <= 0.5 && 0.5 <= high) inside++;
  }
  return inside / studies;
}

describe('intervals and tests on simulated studies', () => {
  // Binomial standard errors over 4,000 studies: 0.0035 at 95 %, 0.0063 at 80 %. scripts/interval-coverage.js tries more.
  it.each([
    [0.95, 10, 0.93, 0.97],
    [0.95, 20, 0.93, 0.97],
    [0.95, 100, 0.93, 0.97],
    [0.8, 100, 0.77, 0.83],
  ])('the %f interval of %i images covers the true mean so often', (level, images, low, high) => {
    const share = coverage(4000, images, image => image, level);
    expect(share).toBeGreaterThan(low);
    expect(share).toBeLessThan(high);
  });

  it('an interval that took questions for independent would not', () => {
    expect(coverage(500, 100, image => image.map((_, i) => `question ${i}`), 0.95)).toBeLessThan(0.8);
  });

  it('p-values under the null are uniform over 4,000 studies, and with ties err on the safe side', () => {
    const options = (seed: number) => ({ seed, permutations: 1999 });
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

import { describe, expect, it } from 'vitest';
import { pairedClusterTest } from '../../src/metrics/paired-cluster-test.js';
import { clustersNeeded, detectable } from '../../src/metrics/power.js';
import { seededRandom } from '../../src/random.js';

describe('power', () => {
  it('is that of tables of the t test', () => {
    // G*Power and Cohen: one sample, d = 0.5, two-sided 0.05, power 0.8 needs 34; Bloom's approximation finds the same.
    const seen = { clusters: 100, error: 1 / Math.sqrt(100), df: 99 };
    expect(clustersNeeded(seen, 0.5)).toBe(34);
    expect(clustersNeeded(seen, 0.2)).toBe(199);
    // Of many images: (1.960 + 0.842) standard errors.
    expect(detectable({ clusters: 1e6, error: 1, df: 1e6 })).toBeCloseTo(2.8016, 3);
  });

  it('finds a difference of the detectable size in four studies of five', () => {
    const random = seededRandom('power', 1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const images = Array.from({ length: 30 }, (_, i) => `image ${i}`);
    const difference = detectable({ clusters: 30, error: 0.1 / Math.sqrt(30), df: 29 });
    let found = 0;
    for (let study = 0; study < 500; study++) {
      const a = images.map(() => difference + 0.1 * normal());
      const zeros = images.map(() => 0);
      if (pairedClusterTest(a, zeros, images, { seed: study, permutations: 399 }).p < 0.05) found++;
    }
    // Standard error 0.018.
    expect(found / 500).toBeGreaterThan(0.74);
    expect(found / 500).toBeLessThan(0.86);
  });

  it('grows with the inverse square of the difference, and knows what it cannot know', () => {
    const seen = { clusters: 50, error: 0.02, df: 49 };
    const ratio = clustersNeeded(seen, 0.001) / clustersNeeded(seen, 0.002);
    expect(ratio).toBeGreaterThan(3.99);
    expect(ratio).toBeLessThan(4.01);
    expect(clustersNeeded(seen, 0)).toBe(Infinity);
    expect(clustersNeeded({ clusters: 4, error: Number.NaN, df: 3 }, 0.1)).toBeNaN();
    expect(() => detectable(seen, { power: 0.5 })).toThrow(RangeError);
  });
});

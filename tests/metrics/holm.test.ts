import { describe, expect, it } from 'vitest';
import { holm } from '../../src/metrics/holm.js';

describe('holm', () => {
  it('is the step-down procedure by hand', () => {
    // 4 × 0.005; 3 × 0.01; 2 × 0.03; 1 × 0.04, raised to the 0.06 before it.
    for (const [i, p] of holm([0.01, 0.04, 0.03, 0.005]).entries())
      expect(p).toBeCloseTo([0.03, 0.06, 0.06, 0.02][i]!, 12);
  });

  it('lies between no correction and Bonferroni’s, in the same order', () => {
    const p = [0.2, 0.001, 0.04, 0.04, 0.9];
    for (const [i, adjusted] of holm(p).entries()) {
      expect(adjusted).toBeGreaterThanOrEqual(p[i]!);
      expect(adjusted).toBeLessThanOrEqual(Math.min(1, p.length * p[i]!));
    }
    expect(holm([0.3])).toEqual([0.3]);
    expect(holm([])).toEqual([]);
  });
});

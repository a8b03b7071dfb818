import { describe, expect, it } from 'vitest';
import { addLogCounts, coarser, logCounts, quantileOfCounts } from '../../src/metrics/log-counts.js';
import { quantiles } from '../../src/metrics/quantiles.js';
import { seededRandom } from '../../src/random.js';

/** Norms over several decades. */
function values(seed: number, count = 5000): Float64Array {
  const random = seededRandom('log counts', seed);
  return Float64Array.from({ length: count }, () => 10 ** (4 * random() - 1.5 + random()));
}

const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
const total = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

describe('counts on the log grid', () => {
  it('give quantiles to within a bin of 1.2 %', () => {
    const all = values(0);
    const { bins, counts } = logCounts(all);
    const exact = quantiles(all, PROBABILITIES);
    PROBABILITIES.forEach((probability, i) => {
      const ratio = quantileOfCounts(bins, counts, probability) / exact[i]!;
      expect(Math.abs(Math.log10(ratio)), `${probability}`).toBeLessThan(1 / 200 + 1e-3);
    });
  });

  it('of several images add up to those of all', () => {
    const parts = [values(1, 100), values(2, 300), values(3, 7)];
    const all = Float64Array.from(parts.flatMap(part => [...part]));
    expect(addLogCounts(parts.map(logCounts))).toEqual(logCounts(all));
    expect(total(logCounts(all).counts)).toBe(407);
  });

  it('hold zeros and what lies beyond the grid, at its ends', () => {
    const { bins, counts } = logCounts([0, 1e-7, 3, 1e9]);
    expect(bins[0]).toBe(-1);
    expect(counts[0]).toBe(2);
    expect(bins.at(-1)).toBe(1800);
    expect(quantileOfCounts(bins, counts, 0.1)).toBeCloseTo(1e-4, 12);
    expect(quantileOfCounts(bins, counts, 1)).toBeCloseTo(1e5, 6);
  });

  it('made coarser keep their number and lie side by side', () => {
    const counts = logCounts(values(4));
    const bins = coarser(counts, 20);
    expect(total(bins.map(b => b.count))).toBe(5000);
    for (const [i, { from, to }] of bins.entries()) {
      expect(to / from).toBeCloseTo(10 ** (1 / 20), 9);
      if (i > 0) expect(from).toBeCloseTo(bins[i - 1]!.to, 9);
    }
    expect(bins[0]!.count).toBeGreaterThan(0);
    expect(bins.at(-1)!.count).toBeGreaterThan(0);
  });

  it('of nothing have no quantile', () => {
    expect(quantileOfCounts([], [], 0.5)).toBeNaN();
    expect(coarser({ bins: [], counts: [] }, 20)).toEqual([]);
  });
});

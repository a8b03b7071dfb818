import { describe, expect, it } from 'vitest';
import { histogram } from '../../src/metrics/histogram.js';
import { quantiles } from '../../src/metrics/quantiles.js';
import { reference } from './fixtures.js';

const { numbers } = reference;
const expectClose = (got: readonly number[], expected: readonly number[]) => {
  expect(got).toHaveLength(expected.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i]!, 9);
};

describe('histogram', () => {
  it("counts as NumPy's over the values' own range", () => {
    const { edges, counts, below, above } = histogram(numbers.values, { bins: 17 });
    expectClose(edges, numbers.linear.edges);
    expect({ counts, below, above }).toEqual({ counts: numbers.linear.counts, below: 0, above: 0 });
  });

  it("counts as NumPy's in bins of equal width in the logarithm, and what lies outside", () => {
    const { edges, ...rest } = histogram(numbers.values, { bins: 11, log: true, range: [0.5, 100] });
    expectClose(edges, numbers.log.edges);
    const { counts, below, above } = numbers.log;
    expect(rest).toEqual({ counts, below, above });
  });

  it('loses no value', () => {
    const { counts, below, above } = histogram([0, -1, ...numbers.values], { bins: 5, log: true });
    expect(below).toBe(2);
    expect(counts.reduce((sum, count) => sum + count, below + above)).toBe(numbers.values.length + 2);
  });

  it('puts a value on an edge into the upper bin, but the last edge into the last bin', () => {
    expect(histogram([0, 1, 1, 2, 3], { bins: 3 }).counts).toEqual([1, 2, 2]);
    expect(histogram([1, 10, 100, 1000], { bins: 3, log: true }).counts).toEqual([1, 1, 2]);
  });

  it('gives a single value a bin around it', () => {
    expect(histogram([3, 3], { bins: 1 })).toEqual({ edges: [2.5, 3.5], counts: [2], below: 0, above: 0 });
    expect(histogram([3, 3], { bins: 2, log: true }).counts.reduce((x, y) => x + y)).toBe(2);
  });

  it.each([
    ['no values and no range', [], { bins: 3 }],
    ['a log range from 0', [1], { bins: 3, log: true, range: [0, 1] as const }],
    ['an empty range', [1], { bins: 3, range: [2, 2] as const }],
    ['half a bin', [1], { bins: 0.5 }],
    ['NaN', [1, Number.NaN], { bins: 2, range: [0, 1] as const }],
  ])('refuses %s', (_, values, options) => {
    expect(() => histogram(values, options)).toThrow(RangeError);
  });
});

describe('quantiles', () => {
  it("are NumPy's", () => {
    expectClose(quantiles(numbers.values, numbers.probabilities), numbers.quantiles);
  });

  it('leave the values as they were, and have none of nothing', () => {
    const values = [3, 1, 2];
    expect(quantiles(values, [0.5])).toEqual([2]);
    expect(values).toEqual([3, 1, 2]);
    expect(quantiles([], [0.5])).toEqual([Number.NaN]);
  });

  it('keep infinite values', () => {
    expect(quantiles([1, Infinity, Infinity], [0, 1])).toEqual([1, Infinity]);
  });

  it('refuse NaN and improper probabilities', () => {
    expect(() => quantiles([1, Number.NaN], [0.5])).toThrow(RangeError);
    expect(() => quantiles([1], [1.5])).toThrow(RangeError);
  });
});

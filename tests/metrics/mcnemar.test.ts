import { describe, expect, it } from 'vitest';
import { mcnemar } from '../../src/metrics/mcnemar.js';
import { reference } from './fixtures.js';

const answers = (onlyA: number, onlyB: number, both: number) => {
  const fill = (count: number, a: boolean, b: boolean) =>
    Array.from({ length: count }, () => [a, b] as const);
  const pairs = [
    ...fill(onlyA, true, false),
    ...fill(onlyB, false, true),
    ...fill(both, true, true),
    ...fill(2, false, false),
  ];
  return [pairs.map(([a]) => a), pairs.map(([, b]) => b)] as const;
};

describe('mcnemar', () => {
  it.each(reference.binomialTests)('equals SciPy: $onlyA against $onlyB', ({ onlyA, onlyB, p }) => {
    const test = mcnemar(...answers(onlyA, onlyB, 5));
    expect(test).toMatchObject({ n: onlyA + onlyB + 7, onlyA, onlyB });
    expect(Math.abs(test.p / p - 1)).toBeLessThan(1e-8);
  });

  it('does not look at questions on which both agree', () => {
    expect(mcnemar(...answers(4, 11, 0)).p).toBe(mcnemar(...answers(4, 11, 500)).p);
  });

  it('refuses answers to different questions', () => {
    expect(() => mcnemar([true], [true, false])).toThrow(RangeError);
  });
});

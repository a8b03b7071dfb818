import { describe, expect, it } from 'vitest';
import { criticalT, twoSidedP } from '../../src/metrics/student-t.js';
import { reference } from './fixtures.js';

describe("Student's t", () => {
  it.each(reference.student.p)('has SciPy’s p for t = $t, $df degrees of freedom', ({ t, df, p }) => {
    expect(Math.abs(twoSidedP(t, df) / p - 1)).toBeLessThan(1e-9);
    expect(twoSidedP(-t, df)).toBe(twoSidedP(t, df));
  });

  it.each(reference.student.critical)('has SciPy’s critical value at $level, $df', ({ level, df, t }) => {
    expect(Math.abs(criticalT(level, df) / t - 1)).toBeLessThan(1e-10);
  });

  it('refuses what it is not defined for', () => {
    expect(() => twoSidedP(1, 0)).toThrow(RangeError);
    expect(() => criticalT(1, 5)).toThrow(RangeError);
    expect(twoSidedP(Number.NaN, 5)).toBeNaN();
    expect(twoSidedP(Infinity, 5)).toBe(0);
  });
});

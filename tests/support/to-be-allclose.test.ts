import { expect, test } from 'vitest';
import './to-be-allclose.js';

test('measures the largest difference against the largest expected value', () => {
  expect([1, 100.009]).toBeAllclose([1, 100], { tolerance: 1e-4 });
  expect([1.009, 100]).toBeAllclose([1, 100], { tolerance: 1e-4 });
  expect([1, 100.011]).not.toBeAllclose([1, 100], { tolerance: 1e-4 });
  expect([-1, 0]).not.toBeAllclose([1, 0], { tolerance: 1e-4 });
});

test('zeros are expected exactly', () => {
  expect([0, 0]).toBeAllclose([0, 0], { tolerance: 1e-4 });
  expect([0, 1e-9]).not.toBeAllclose([0, 0], { tolerance: 1e-4 });
});

test('a NaN or another length fails, negated too', () => {
  for (const actual of [[1, Number.NaN], [1], [1, 2, 3]]) {
    expect(() => expect(actual).toBeAllclose([1, 2], { tolerance: 1 })).toThrow('toBeAllclose');
    expect(() => expect(actual).not.toBeAllclose([1, 2], { tolerance: 1 })).toThrow('toBeAllclose');
  }
});

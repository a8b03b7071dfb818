import { expect, test } from 'vitest';
import { sinksAmong } from '../../src/metrics/sinks.js';

test('sinks are the tokens whose norm is more than three times the median', () => {
  expect(sinksAmong([1, 2, 3, 4, 9.1])).toEqual([4]);
  expect(sinksAmong([1, 2, 3, 4, 9])).toEqual([]);
  expect(sinksAmong([50, 1, 1, 60, 1, 1])).toEqual([0, 3]);
  expect(sinksAmong([7, 7, 7])).toEqual([]);
  expect(sinksAmong([])).toEqual([]);
});

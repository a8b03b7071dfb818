import { expect, test } from 'vitest';
import { pack } from '../../src/training/packing.js';

const ROWS = 2;
const LENGTH = 8;

test('an exchange lies in one stretch: its ids but the last, and a target wherever an answer is to come', () => {
  const { ids, exchange, target } = pack([{ asked: [5, 6, 4], answered: [7, 8, 2] }], ROWS, LENGTH);
  expect([...ids.subarray(0, 6)]).toEqual([5, 6, 4, 7, 8, 0]);
  expect([...exchange.subarray(0, 6)]).toEqual([1, 1, 1, 1, 1, 0]);
  expect([...target.subarray(0, 6)]).toEqual([0, 0, 7, 8, 2, 0]);
});

test('what fits nowhere is left out, everything else is in once', () => {
  const exchanges = [3, 4, 5, 6, 9].map(n => ({ asked: Array<number>(n - 1).fill(n), answered: [n, 2] }));
  const { ids, exchange } = pack(exchanges, ROWS, LENGTH);
  const lengths = [3, 4, 5, 6, 9].map(n => ids.filter(id => id === n).length);
  expect(lengths).toEqual([3, 0, 5, 6, 0]); // rows of 8: 6; then 5 and 3; 9 and 4 have no room
  expect(exchange.filter(number => number > 0)).toHaveLength(14);
});

test('a row holds several exchanges, numbered from 1', () => {
  const short = { asked: [5, 4], answered: [6, 2] };
  const { exchange } = pack([short, short, short, short], ROWS, LENGTH);
  expect([...exchange]).toEqual([1, 1, 1, 2, 2, 2, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0]);
});

import { expect, test } from 'vitest';
import { contains } from '../../src/scorers/contains.js';
import { target } from './fixtures.js';

test.each([
  ['The cat is on a red sofa.', 'Red Sofa', 1],
  ['red, sofa', 'red sofa', 1],
  ['a redish sofa', 'red', 0],
  ['', 'red', 0],
  ['anything', '', 0],
  ['Ｒｅｄ!', 'red', 1],
  ['東京 です', '東京', 1],
])('%j contains %j: %d', (output, gold, score) => {
  expect(contains(output, target(gold)).score).toBe(score);
});

test('one of several answers is enough', () => {
  expect(contains('a couch', target('sofa', 'couch')).score).toBe(1);
});

import { expect, it } from 'vitest';
import type { Prediction } from '../../src/records/prediction.js';
import { rescoreTable } from '../../src/report/score-tables.js';
import { predictionOf } from '../cli/stored-runs.js';

/** So many answers with these two scores. */
const graded = (count: number, ...scores: [number, number]): [number, number][] => Array(count).fill(scores);

/** The row of the table of two gradings. */
function agreementOf(pairs: readonly [number, number][]) {
  const by = (grading: 0 | 1): Prediction[] =>
    pairs.map((scores, i) => ({ ...predictionOf('original', i, 0, true), score: scores[grading] }));
  return rescoreTable('t', by(0), by(1), ['rule', 'judge']).rows[0];
}

it('two gradings agree as far as their scores are equal, and beyond chance as kappa says', () => {
  // Cohen's kappa of the textbook example (20 both yes, 5 and 10 one of the two, 15 both no).
  const pairs = [...graded(20, 1, 1), ...graded(5, 1, 0), ...graded(10, 0, 1), ...graded(15, 0, 0)];
  expect(agreementOf(pairs)).toMatchObject({
    ...{ n: 50, before: 50, after: 60, changed: 15 },
    ...{ agreement: expect.closeTo(70), kappa: expect.closeTo(0.4) },
  });
  // Part of the credit is half an answer: changed, though both find it right.
  expect(agreementOf([...graded(1, 0.6, 1), ...graded(1, 0, 0)])).toMatchObject({
    ...{ changed: 1, agreement: 50, kappa: 1 },
  });
});

it('what one grading does not know is not agreed on', () => {
  const row = agreementOf([...graded(2, 1, 1), ...graded(2, Number.NaN, 1), ...graded(1, 0, 0)]);
  expect(row).toMatchObject({ changed: 2, agreement: 100, kappa: 1 });
  expect(agreementOf(graded(3, Number.NaN, Number.NaN))).toMatchObject({
    agreement: Number.NaN,
    kappa: Number.NaN,
  });
  expect(agreementOf(graded(3, 1, 1))).toMatchObject({ agreement: 100, kappa: null });
});

import { describe, expect, test } from 'vitest';
import { evalAiAnswer, vqa, vqaAccuracy, vqaSubmission } from '../../src/scorers/vqa.js';
import { normaliseVqa } from '../../src/scorers/vqa-normalise.js';
import { officialScores, target } from './fixtures.js';

type Row = [
  answer: string,
  annotators: string[],
  normalised: string,
  accuracy: number,
  submitted: string,
  accuracyOfSubmitted: number,
];

const { rows } = officialScores<{ rows: Row[] }>('vqa');

describe('against vqaEval.py and EvalAIAnswerProcessor', () => {
  test('there are thousands of answers, of every score that ten annotators can give', () => {
    expect(rows.length).toBeGreaterThan(4000);
    expect([...new Set(rows.map(row => row[3].toFixed(4)))].sort()).toEqual([
      '0.0000',
      '0.3000',
      '0.6000',
      '0.9000',
      '1.0000',
    ]);
  });

  test('the normaliser agrees on every answer', () => {
    const wrong = rows.filter(([answer, , normalised]) => normaliseVqa(answer) !== normalised);
    expect(wrong.map(([answer, , official]) => ({ answer, official, ours: normaliseVqa(answer) }))).toEqual(
      [],
    );
  });

  test('the accuracy of every answer is the same double', () => {
    const wrong = rows.filter(
      ([answer, annotators, , accuracy]) => vqaAccuracy(answer, annotators) !== accuracy,
    );
    expect(wrong).toEqual([]);
  });

  test("LLaVA's submitted answer and its accuracy agree on every output", () => {
    const wrong = rows.filter(([output, annotators, , , submitted, accuracy]) => {
      const ours = vqa(output, target(...annotators));
      return ours.answer !== submitted || ours.score !== accuracy;
    });
    expect(
      wrong.map(([output, , , , official]) => ({ output, official, ours: evalAiAnswer(output) })),
    ).toEqual([]);
  });
});

test('unanimous annotators are compared as they stand, so a capital letter costs the whole score', () => {
  const ten = Array<string>(10).fill('yes');
  expect(vqaAccuracy('Yes', ten)).toBe(0);
  expect(vqa('Yes', target(...ten)).score).toBe(1); // LLaVA submits the processed answer
});

test('three of ten annotators give 0.9, each of them seeing only two others', () => {
  const annotators = ['red', 'red', 'red', ...Array<string>(7).fill('blue')];
  expect(vqaAccuracy('red', annotators)).toBeCloseTo((7 * 1 + 3 * (2 / 3)) / 10, 12);
});

test('without annotators there is no score', () => {
  expect(vqaAccuracy('yes', [])).toBeNaN();
});

test('the submission has a line for every question of the split, processed, empty where there is no output', () => {
  const lines = vqaSubmission(['7', '8'], new Map([['7', 'Two, dogs?']]));
  expect(lines).toEqual([
    { question_id: 7, answer: '2 dogs' },
    { question_id: 8, answer: '' },
  ]);
});

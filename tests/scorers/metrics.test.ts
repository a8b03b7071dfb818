import { expect, test } from 'vitest';
import { cvBenchMetrics, gqaMetrics, popeMetrics, vqaMetrics } from '../../src/scorers/metrics.js';
import type { ScoredRow } from '../../src/scorers/types.js';

const row = (score: number, category: string, labels: ScoredRow['labels'] = {}): ScoredRow => ({
  answer: 'x',
  score,
  targets: ['x'],
  category,
  labels,
});

test('VQA accuracy per answer type and per question type, fractions of credit included', () => {
  const rows = [
    row(1, 'number', { questionType: 'how many' }),
    row(0.3, 'other', { questionType: 'what' }),
    row(0.6, 'other', { questionType: 'what color' }),
  ];
  expect(vqaMetrics(rows).map(({ slice, value, n }) => [slice, Number(value.toFixed(10)), n])).toEqual([
    ['', 0.6333333333, 3],
    ['answer type = number', 1, 1],
    ['answer type = other', 0.45, 2],
    ['question type = how many', 1, 1],
    ['question type = what', 0.3, 1],
    ['question type = what color', 0.6, 1],
  ]);
});

test('rows without a label are in the whole, and in no part', () => {
  expect(
    gqaMetrics([row(1, ''), row(0, 'query', { structural: 'query', form: 'open' })]).map(
      ({ slice }) => slice,
    ),
  ).toEqual(['', 'form = open', 'structural = query']);
});

test("CV-Bench's mean of sources weighs the sources alike, however many rows they have", () => {
  const rows = [
    row(1, 'Count', { source: 'COCO' }),
    ...[0, 0, 1].map(s => row(s, 'Count', { source: 'ADE20K' })),
  ];
  const [plain, ofSources] = cvBenchMetrics(rows);
  expect(plain!.value).toBe(0.5);
  expect(ofSources!.value).toBeCloseTo((1 + 1 / 3) / 2, 12);
});

test('no rows have no score, and POPE without a split no figures', () => {
  expect(vqaMetrics([])[0]!.value).toBeNaN();
  expect(popeMetrics([])).toEqual([]);
});

test('a row without a score is left out of every mean, and not counted', () => {
  const row = (score: number, answer = 'yes') => ({
    ...{
      answer,
      score,
      targets: ['yes'],
      category: 'other',
      labels: { questionType: 'what', source: 'COCO' },
    },
  });
  const rows = [row(1), row(Number.NaN), row(0, 'no')];
  for (const metrics of [vqaMetrics, gqaMetrics, cvBenchMetrics, popeMetrics]) {
    for (const { name, value, n, slice } of metrics(rows)) {
      if (name === 'accuracy') expect([value, slice === 'mean of sources' ? 2 : n]).toEqual([0.5, 2]);
    }
  }
  expect(vqaMetrics([row(Number.NaN)])[0]).toMatchObject({ value: Number.NaN, n: 1 });
});

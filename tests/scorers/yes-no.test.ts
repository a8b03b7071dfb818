import { describe, expect, test } from 'vitest';
import { popeMetrics } from '../../src/scorers/metrics.js';
import { yesNo } from '../../src/scorers/yes-no.js';
import { officialScores, scored, target } from './fixtures.js';

interface Fixture {
  rows: [split: string, output: string, label: string, parsed: string][];
  figures: Record<string, Record<'Accuracy' | 'Precision' | 'Recall' | 'F1 score' | 'Yes ratio', number>>;
}

const { rows, figures } = officialScores<Fixture>('pope');
const NAMES = {
  accuracy: 'Accuracy',
  precision: 'Precision',
  recall: 'Recall',
  f1: 'F1 score',
  'yes-ratio': 'Yes ratio',
} as const;

describe("against POPE's evaluate.py and LLaVA's eval_pope.py", () => {
  test('every answer is parsed alike', () => {
    expect(rows.length).toBe(3000);
    expect(new Set(rows.map(row => row[3]))).toEqual(new Set(['yes', 'no']));
    const wrong = rows.filter(([, output, label, parsed]) => {
      const ours = yesNo(output, target(label));
      return ours.answer !== parsed || ours.score !== (parsed === label ? 1 : 0);
    });
    expect(wrong).toEqual([]);
  });

  test('the five figures of each split agree, and their means are the means', () => {
    const ours = popeMetrics(rows.map(([split, output, label]) => scored(yesNo, output, label, split)));
    for (const [name, officialName] of Object.entries(NAMES)) {
      const official = Object.entries(figures).map(([split, of]) => [split, of[officialName]] as const);
      for (const [split, value] of official) {
        expect(ours.find(m => m.slice === split && m.name === name)!.value).toBeCloseTo(value, 12);
      }
      const mean = official.reduce((sum, [, value]) => sum + value, 0) / official.length;
      expect(ours.find(m => m.slice === 'mean of splits' && m.name === name)!.value).toBeCloseTo(mean, 12);
    }
  });
});

test('an empty answer counts as yes', () => {
  expect(yesNo('', target('yes')).answer).toBe('yes');
});

test('a model that never says yes has no precision', () => {
  const metrics = popeMetrics([scored(yesNo, 'No', 'yes', 'popular'), scored(yesNo, 'No', 'no', 'popular')]);
  expect(metrics.map(({ name, value }) => [name, value])).toEqual([
    ['accuracy', 0.5],
    ['precision', Number.NaN],
    ['recall', 0],
    ['f1', Number.NaN],
    ['yes-ratio', 0],
  ]);
});

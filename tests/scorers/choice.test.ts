import { describe, expect, test } from 'vitest';
import { choice, option } from '../../src/scorers/choice.js';
import { cvBenchMetrics, mmvpMetrics } from '../../src/scorers/metrics.js';
import { officialScores, scored, target } from './fixtures.js';

interface Fixture {
  rows: [output: string, gold: string, task: string, source: string, letter: string, score: number][];
  accuracy: Record<'overall' | 'Count' | 'Relation', number>;
  mean_of_sources: number;
}

const { rows, accuracy, mean_of_sources } = officialScores<Fixture>('cv-bench');

describe("against CV-Bench's graders", () => {
  test('every letter and score agrees', () => {
    expect(rows.length).toBe(3000);
    const wrong = rows.filter(([output, gold, , , letter, score]) => {
      const ours = choice(output, target(gold));
      return ours.answer !== letter || ours.score !== score;
    });
    expect(wrong).toEqual([]);
  });

  test('the mean over rows, per task, and the mean of the two sources agree', () => {
    const metrics = cvBenchMetrics(
      rows.map(([output, gold, task, source]) => scored(choice, output, gold, task, { source })),
    );
    const ours = Object.fromEntries(metrics.map(({ slice, value }) => [slice, value]));
    expect(ours['']).toBeCloseTo(accuracy.overall, 12);
    expect(ours['task = Count']).toBeCloseTo(accuracy.Count, 12);
    expect(ours['task = Relation']).toBeCloseTo(accuracy.Relation, 12);
    expect(ours['mean of sources']).toBeCloseTo(mean_of_sources, 12);
    expect(ours['mean of sources']).not.toBe(ours['']);
  });
});

test('the gold may be a bare letter', () => {
  expect(choice('(c) cat', target('C'))).toEqual({ answer: 'c', score: 1 });
});

describe("against MMVP's grader", () => {
  const { rows, pair_accuracy } = officialScores<{
    rows: [output: string, gold: string, choices: string[], answer: string, score: number][];
    pair_accuracy: number;
  }>('mmvp');
  const ours = rows.map(([output, gold, choices]) => option(output, { ...target(gold), choices }));

  test('every answer and score agrees', () => {
    expect(rows.length).toBe(2000);
    expect(ours).toEqual(rows.map(([, , , answer, score]) => ({ answer, score })));
  });

  test('its accuracy is that of pairs', () => {
    const scored = ours.map((score, i) => ({
      ...score,
      targets: [rows[i]![1]],
      category: '',
      labels: { pair: i >> 1 },
    }));
    const pairs = mmvpMetrics(scored).find(({ name }) => name === 'pair accuracy')!;
    expect(pairs.value).toBeCloseTo(pair_accuracy, 12);
    expect(pairs.n).toBe(1000);
    // A pair of which one question was not put is left out, not counted as wrong.
    expect(mmvpMetrics(scored.slice(1)).find(({ name }) => name === 'pair accuracy')!.n).toBe(999);
  });
});

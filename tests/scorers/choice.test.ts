import { describe, expect, test } from 'vitest';
import { choice } from '../../src/scorers/choice.js';
import { cvBenchMetrics } from '../../src/scorers/metrics.js';
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

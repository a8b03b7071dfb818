import { describe, expect, test } from 'vitest';
import { exact } from '../../src/scorers/exact.js';
import { gqaMetrics } from '../../src/scorers/metrics.js';
import { officialScores, scored, target } from './fixtures.js';

interface Fixture {
  rows: [
    output: string,
    gold: string,
    structural: string,
    semantic: string,
    prediction: string,
    score: number,
  ][];
  aggregates: {
    accuracy: number;
    binary: number;
    open: number;
    accuracyPerStructuralType: Record<string, number>;
    accuracyPerSemanticType: Record<string, number>;
  };
}

const { rows, aggregates } = officialScores<Fixture>('gqa');

describe("against GQA's eval.py on LLaVA's converted predictions", () => {
  test('every prediction and score agrees', () => {
    expect(rows.length).toBe(3000);
    const wrong = rows.filter(([output, gold, , , prediction, score]) => {
      const ours = exact(output, target(gold));
      return ours.answer !== prediction || ours.score !== score;
    });
    expect(wrong).toEqual([]);
  });

  test('accuracy, binary and open, and every type agree', () => {
    const ours = new Map(
      gqaMetrics(
        rows.map(([output, gold, structural, semantic]) =>
          scored(exact, output, gold, structural, {
            structural,
            semantic,
            form: structural === 'query' ? 'open' : 'binary',
          }),
        ),
      ).map(({ slice, value }) => [slice, 100 * value]),
    );
    const official = new Map([
      ['', aggregates.accuracy],
      ['form = binary', aggregates.binary],
      ['form = open', aggregates.open],
      ...Object.entries(aggregates.accuracyPerStructuralType).map(([t, v]): [string, number] => [
        `structural = ${t}`,
        v,
      ]),
      ...Object.entries(aggregates.accuracyPerSemanticType).map(([t, v]): [string, number] => [
        `semantic = ${t}`,
        v,
      ]),
    ]);
    expect([...ours.keys()].sort()).toEqual([...official.keys()].sort());
    for (const [slice, value] of official) expect(ours.get(slice)).toBeCloseTo(value, 10);
  });
});

test('any of several accepted answers is right', () => {
  expect(exact('Sofa.', target('couch', 'sofa')).score).toBe(1);
  expect(exact('sofa bed', target('couch', 'sofa')).score).toBe(0);
});

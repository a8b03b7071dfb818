import { describe, expect, test } from 'vitest';
import { lmmsEval } from '../../src/scorers/lmms-eval.js';
import { officialScores, target } from './fixtures.js';

type Row = [output: string, golds: string[], score: number];
const fixture = officialScores<
  Record<'vqav2' | 'pope' | 'gqa', Row[]> & { pope_figures: Record<string, number> }
>('lmms-eval');

describe("against lmms-eval's own code", () => {
  test.each(['vqav2', 'pope', 'gqa'] as const)('%s: every score agrees', benchmark => {
    const rows = fixture[benchmark];
    expect(rows.length).toBeGreaterThan(600);
    const { scorer } = lmmsEval[benchmark]!;
    const wrong = rows.filter(
      ([output, golds, score]) => Math.abs(scorer(output, target(...golds)).score - score) > 1e-12,
    );
    expect(wrong).toEqual([]);
    expect(new Set(rows.map(([, , score]) => score)).size).toBeGreaterThan(1);
  });

  test("POPE's figures agree", () => {
    const { scorer, metrics } = lmmsEval.pope!;
    const rows = fixture.pope.map(([output, golds]) => ({
      ...scorer(output, target(...golds)),
      ...{ targets: golds, category: '', labels: {} },
    }));
    const ours = Object.fromEntries(metrics!(rows).map(({ name, value }) => [name, value]));
    for (const [name, value] of Object.entries(fixture.pope_figures))
      expect(ours[name]).toBeCloseTo(value, 12);
  });
});

import { describe, expect, it } from 'vitest';
import { permute } from '../../../src/experiments/permute/index.js';
import type { ModelTraits } from '../../../src/experiments/types.js';
import { recordOf } from '../../../src/interventions/types.js';
import { seededRandom } from '../../../src/random.js';
import type { Prediction } from '../../../src/records/prediction.js';
import type { RunResult } from '../../../src/records/result.js';
import { conditionsNamed, memberTitled } from '../../support/conditions.js';

const IMAGES = 60;
const PER_IMAGE = 5;

/** Predictions of all conditions, each right with its own probability. */
function predictions(rates: Record<string, number>): Prediction[] {
  const random = seededRandom('permutation test');
  return Object.entries(rates).flatMap(([condition, rate]) =>
    Array.from({ length: IMAGES * PER_IMAGE }, (_, i): Prediction => {
      const score = random() < rate ? 1 : 0;
      return {
        id: `q${i}`,
        image: `image ${Math.floor(i / PER_IMAGE)}`,
        condition,
        category: i % 2 === 0 ? 'a' : 'b',
        labels: {},
        question: 'Where?',
        promptHash: '',
        targets: ['there'],
        output: '',
        answer: '',
        score,
        margin: 1,
      };
    }),
  );
}

const result = (name: string, rates: Record<string, number>, model = 'Mini'): RunResult => ({
  suite: 'mini',
  model,
  ...memberTitled(model),
  conditions: conditionsNamed(predictions(rates)),
  benchmark: { name, title: name.toUpperCase(), split: 'test', chance: new Map([['a', 0.25]]) },
  seed: 0,
  provenance: { run: 'r', weights: 'w', data: 'd' },
  predictions: predictions(rates),
});

const sighted = { original: 0.9, 'permuted-0': 0.6, 'permuted-1': 0.5, 'blank-image': 0.2, 'text-only': 0.2 };
const blind = { original: 0.5, 'permuted-0': 0.5, 'permuted-1': 0.5, 'blank-image': 0.5, 'text-only': 0.5 };

const tables = (results: RunResult[]) =>
  new Map(
    permute.tables(results, { seeds: 2, order: 'random', controls: false }).map(table => [table.name, table]),
  );

/** Mean score of a condition, per cent, counted here. */
const rate = ({ predictions }: RunResult, condition: string): number => {
  const scores = predictions.filter(p => p.condition === condition).map(p => p.score);
  return (100 * scores.reduce((a, b) => a + b, 0)) / scores.length;
};

const MINI: ModelTraits = {
  title: 'Mini',
  variant: 'baseline',
  trainingSeed: 0,
  visionTokens: 64,
  grid: 8,
  layers: 4,
  meanTextNorm: () => 1,
  heads: 4,
  systemPrompt: false,
};

describe('the permutation test', () => {
  it('asks under the paper’s two conditions, each draw apart, and blind', () => {
    const conditions = permute.conditions({ seeds: 2, order: 'random', controls: false }, MINI);
    expect(conditions.map(c => c.name)).toEqual(Object.keys(sighted));
    expect(conditions.map(c => c.image)).toEqual([true, true, true, true, false]);
    expect(new Set(conditions.flatMap(c => c.interventions.map(i => JSON.stringify(recordOf(i))))).size).toBe(
      3,
    );
  });

  it('refuses an order before anything runs', () => {
    expect(() => permute.conditions({ seeds: 1, order: 'sideways', controls: false }, MINI)).toThrow(
      'is not known',
    );
  });

  it('Table 1 has the paper’s columns and rows in its order; other benchmarks have a table of their own', () => {
    const results = ['2ds', 'cvbench', 'gqa', 'pope', 'vqav2'].map(name => result(name, sighted));
    const table1 = tables(results).get('table1')!;
    expect(table1.columns.map(c => c.label)).toEqual(['Dataset', 'Original', 'Permutation', 'Difference']);
    expect(table1.rows.map(row => row.dataset)).toEqual(['VQAV2', 'POPE', 'GQA', 'CVBENCH']);
    expect(
      tables(results)
        .get('table1-extra')!
        .rows.map(row => row.dataset),
    ).toEqual(['2DS']);
  });

  it('2DS stands in Table 1 while it is the only benchmark', () => {
    expect([...tables([result('2ds', sighted)]).keys()]).toEqual([
      'table1',
      'table1-long',
      'table1-categories-mini-2ds',
      'psi',
    ]);
  });

  it('the permuted accuracy is the mean over draws, the difference permuted less original', () => {
    const gqa = result('gqa', sighted);
    const row = tables([gqa]).get('table1')!.rows[0]!;
    const permuted = (rate(gqa, 'permuted-0') + rate(gqa, 'permuted-1')) / 2;
    expect(row.original).toBeCloseTo(rate(gqa, 'original'), 10);
    expect(row.permutation).toBeCloseTo(permuted, 10);
    expect(row.difference).toBeCloseTo(permuted - rate(gqa, 'original'), 10);
  });

  it('the long form has interval, tests, spread and verdict', () => {
    const row = tables([result('gqa', sighted)]).get('table1-long')!.rows[0]!;
    expect(row).toMatchObject({
      suite: 'mini',
      split: 'test',
      n: 300,
      images: 60,
      draws: 2,
      verdict: 'interpretable',
    });
    expect(row.differenceLow).toBeLessThan(row.difference as number);
    expect(row.differenceHigh).toBeGreaterThan(row.difference as number);
    expect(row.p).toBeLessThan(0.001);
    expect(row.mcnemarP).toBeLessThan(0.001);
    expect(row.drawMax).toBeGreaterThan(row.drawMin as number);
    expect(row.weights).toBe('w');
  });

  it('a model no better than its blind self is uninterpretable', () => {
    expect(tables([result('gqa', blind)]).get('table1-long')!.rows[0]!.verdict).toBe('uninterpretable');
  });

  it('each category stands beside its chance floor and blind scores', () => {
    const table = tables([result('2ds', sighted)]).get('table1-categories-mini-2ds')!;
    expect(table.rows.map(row => row.category)).toEqual(['a', 'b']);
    expect(table.rows.map(row => row.chance)).toEqual([25, null]);
    expect(table.rows.map(row => row.n)).toEqual([150, 150]);
  });

  it('several models have a table that names them', () => {
    const results = [result('gqa', sighted), result('gqa', blind, 'Mini + Normalize')];
    const table = tables(results).get('table1-models')!;
    expect(table.columns[0]!.label).toBe('Model');
    expect(table.rows.map(row => row.model)).toEqual(['Mini', 'Mini + Normalize']);
    expect(tables(results).get('table1')!.rows).toHaveLength(1);
  });
});

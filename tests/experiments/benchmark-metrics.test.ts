import { expect, it } from 'vitest';
import { benchmarkMetrics } from '../../src/experiments/benchmark-metrics.js';
import { original } from '../../src/experiments/condition.js';
import type { Prediction } from '../../src/records/prediction.js';
import type { RunResult } from '../../src/records/result.js';
import { predictionOf } from '../cli/stored-runs.js';
import { conditionsNamed } from '../support/conditions.js';

const resultOn = (name: string, predictions: readonly Prediction[]): RunResult => ({
  suite: 'mini',
  model: 'Mini',
  variant: 'baseline',
  trainingSeed: 0,
  conditions: conditionsNamed(predictions),
  benchmark: { name, title: name.toUpperCase(), split: 's', chance: new Map() },
  seed: 0,
  provenance: {},
  predictions,
});

/** Answers to POPE: each is yes or no, and so is what would be right. */
const pope = (condition: string, category: string, answers: readonly (readonly [string, string])[]) =>
  answers.map(
    ([answer, right], i): Prediction => ({
      ...predictionOf(condition, i, 0, answer === right),
      ...{ category, labels: {}, answer, output: answer, targets: [right] },
    }),
  );

it('has every figure of every benchmark and condition, in per cent; 2DS has none', () => {
  const one = [
    ['yes', 'yes'],
    ['yes', 'no'],
    ['no', 'yes'],
    ['yes', 'yes'],
  ] as const;
  const result = resultOn('pope', [
    ...pope('original', 'popular', one),
    ...pope('original', 'random', [
      ['no', 'no'],
      ['yes', 'yes'],
    ]),
    ...pope('permuted-0', 'popular', [['no', 'yes']]),
  ]);
  const table = benchmarkMetrics('table1-metrics', [result, resultOn('2ds', result.predictions)]);
  expect(table.name).toBe('table1-metrics');
  const rows = table.rows.map(({ condition, metric, group, value, n }) => [
    condition,
    metric,
    group,
    value,
    n,
  ]);
  const third = expect.closeTo(200 / 3);
  const mean = expect.closeTo((200 / 3 + 100) / 2);
  expect(rows.slice(0, 10)).toEqual([
    ['original', 'accuracy', 'mean of splits', 75, 6],
    ['original', 'precision', 'mean of splits', mean, 6],
    ['original', 'recall', 'mean of splits', mean, 6],
    ['original', 'f1', 'mean of splits', mean, 6],
    ['original', 'yes-ratio', 'mean of splits', 62.5, 6],
    ['original', 'accuracy', 'popular', 50, 4],
    ['original', 'precision', 'popular', third, 4],
    ['original', 'recall', 'popular', third, 4],
    ['original', 'f1', 'popular', third, 4],
    ['original', 'yes-ratio', 'popular', 75, 4],
  ]);
  // POPE's script divides by zero where nothing is answered yes.
  expect(rows.find(row => row[0] === 'permuted-0' && row[1] === 'precision')![3]).toBeNaN();
  const keys = new Set(table.columns.map(({ key }) => key));
  for (const row of table.rows) expect(new Set(Object.keys(row))).toEqual(keys);
});

it('has only the conditions asked for, and other benchmarks where they are known', () => {
  const predictions = ['original', 'permuted-0'].flatMap(c =>
    [0, 1].map(q => predictionOf(c, 0, q, q === 0)),
  );
  const [gqa] = benchmarkMetrics('m', [resultOn('gqa', predictions)], [original]).rows;
  expect(gqa).toEqual({
    ...{ model: 'Mini', benchmark: 'GQA', split: 's', condition: 'original' },
    ...{ metric: 'accuracy', group: '', value: 50, n: 2 },
  });
  const mine = {
    ...{ name: 'mine', title: 'Mine', suffix: '', scorer: () => ({ answer: '', score: 1 }) },
    open: () => Promise.reject(new Error('not opened')),
    metrics: () => [{ name: 'x', slice: 'y', value: 0.25, n: 4 }],
  };
  expect(benchmarkMetrics('m', [resultOn('mine', predictions)], undefined, [mine]).rows).toMatchObject([
    { condition: 'original', metric: 'x', group: 'y', value: 25, n: 4 },
    { condition: 'permuted-0' },
  ]);
});

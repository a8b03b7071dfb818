import { conditionsOf } from '../records/prediction.js';
import type { RunResult } from '../records/result.js';
import type { Row, Table } from '../records/table.js';
import { accuracyOf, suitesOf } from './estimates.js';
import { named, scoresOf } from './scores.js';

/** Accuracy of every run under every condition, with its clustered interval. */
export function conditionTable(name: string, results: readonly RunResult[]): Table {
  const rows = results.flatMap(({ model, benchmark, predictions }) => {
    const conditions = conditionsOf(predictions);
    return conditions.map((condition): Row => {
      const { n, images, accuracy, low, high } = accuracyOf(scoresOf(named(predictions, condition)));
      return {
        model,
        dataset: benchmark.title,
        split: benchmark.split,
        condition,
        n,
        images,
        accuracy,
        low,
        high,
      };
    });
  });
  const decimals = { format: { decimals: 2 } };
  return {
    name,
    title: `Accuracy by condition (%), suite ${suitesOf(results)}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'dataset', label: 'Dataset' },
      { key: 'split', label: 'Split' },
      { key: 'condition', label: 'Condition' },
      { key: 'n', label: 'Questions' },
      { key: 'images', label: 'Images' },
      { key: 'accuracy', label: 'Accuracy', ...decimals },
      { key: 'low', label: '95% from', ...decimals },
      { key: 'high', label: 'to', ...decimals },
    ],
    rows,
  };
}

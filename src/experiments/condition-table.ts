import { clusteredMean } from '../metrics/bootstrap.js';
import type { Row, Table } from '../metrics/table.js';
import { percent, scoresOf } from './scores.js';
import type { RunResult } from './types.js';

/** Accuracy of every run under every condition, with its clustered interval. */
export function conditionTable(name: string, results: readonly RunResult[]): Table {
  const rows = results.flatMap(({ model, benchmark, predictions, seed }) => {
    const conditions = [...new Set(predictions.map(p => p.condition))];
    return conditions.map((condition): Row => {
      const { scores, images } = scoresOf(predictions, condition);
      const known = !scores.some(Number.isNaN);
      const { low, high } = known ? clusteredMean(scores, images, { seed }) : { low: NaN, high: NaN };
      return {
        model,
        dataset: benchmark.title,
        split: benchmark.split,
        condition,
        n: scores.length,
        images: new Set(images).size,
        accuracy: percent(scores),
        low: 100 * low,
        high: 100 * high,
      };
    });
  });
  const suites = [...new Set(results.map(r => r.suite))].join(', ');
  const decimals = { format: { decimals: 2 } };
  return {
    name,
    title: `Accuracy by condition (%), suite ${suites}`,
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

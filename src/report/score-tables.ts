import { clusteredMean } from '../metrics/bootstrap.js';
import type { Prediction } from '../metrics/prediction.js';
import type { Row, Table } from '../metrics/table.js';
import type { Metric } from '../scorers/types.js';

const percents = { format: { decimals: 2 } };

/**
 * Accuracy before and after grading anew, by condition, with the clustered interval of the new one.
 * @param before with the scores as stored
 * @param after the same questions in the same order
 */
export function rescoreTable(
  title: string,
  before: readonly Prediction[],
  after: readonly Prediction[],
  seed: number,
): Table {
  const rows = conditionsOf(after).map((condition): Row => {
    const old = before.filter(p => p.condition === condition);
    const now = after.filter(p => p.condition === condition);
    const known = now.filter(p => !Number.isNaN(p.score));
    const images = known.map(p => p.image);
    const { mean, low, high } =
      known.length > 0
        ? clusteredMean(
            known.map(p => p.score),
            images,
            { seed },
          )
        : { mean: NaN, low: NaN, high: NaN };
    return {
      condition,
      n: now.length,
      images: new Set(images).size,
      before: (100 * old.reduce((sum, p) => sum + p.score, 0)) / old.length,
      after: 100 * mean,
      low: 100 * low,
      high: 100 * high,
      changed: now.filter((p, i) => !Object.is(p.score, old[i]!.score)).length,
    };
  });
  return {
    name: 'scores',
    title,
    columns: [
      { key: 'condition', label: 'Condition' },
      { key: 'n', label: 'Questions' },
      { key: 'images', label: 'Images' },
      { key: 'before', label: 'As stored', ...percents },
      { key: 'after', label: 'Now', ...percents },
      { key: 'low', label: '95% from', ...percents },
      { key: 'high', label: 'to', ...percents },
      { key: 'changed', label: 'Scores changed' },
    ],
    rows,
  };
}

/** The benchmark's own figures (POPE's F1, GQA's types, …) by condition, in per cent. */
export function metricTable(
  title: string,
  predictions: readonly Prediction[],
  metrics: (rows: readonly Prediction[]) => readonly Metric[],
): Table {
  const rows = conditionsOf(predictions).flatMap(condition =>
    metrics(predictions.filter(p => p.condition === condition)).map(({ name, slice, value, n }) => ({
      ...{ condition, metric: name, slice, value: 100 * value, n },
    })),
  );
  return {
    name: 'metrics',
    title,
    columns: [
      { key: 'condition', label: 'Condition' },
      { key: 'metric', label: 'Metric' },
      { key: 'slice', label: 'Of' },
      { key: 'value', label: 'Value', ...percents },
      { key: 'n', label: 'Questions' },
    ],
    rows,
  };
}

const conditionsOf = (predictions: readonly Prediction[]): string[] => [
  ...new Set(predictions.map(p => p.condition)),
];

import { clusteredStatistic } from '../../metrics/bootstrap.js';
import { addLogCounts, type LogCounts, quantileOfCounts } from '../../metrics/log-counts.js';
import type { Measurement } from '../../records/prediction.js';
import type { MeasuredResult } from '../types.js';

export const kinds = ['vision', 'text'] as const;
type Kind = (typeof kinds)[number];

/** The norms of one kind of tokens over all images of a run. */
interface NormSummary {
  readonly counts: LogCounts;
  /** Tokens. */
  readonly n: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

const countsIn = ({ measures }: Measurement, kind: Kind): LogCounts => ({
  bins: measures[`${kind}Bins`] as readonly number[],
  counts: measures[`${kind}Counts`] as readonly number[],
});

export function summarise({ measurements }: MeasuredResult, kind: Kind): NormSummary {
  const counts = addLogCounts(measurements.map(m => countsIn(m, kind)));
  const n = sum(counts.counts);
  const each = (name: string) => measurements.map(m => m.measures[`${kind}${name}`] as number);
  const means = each('Mean');
  return {
    counts,
    n,
    min: each('Min').reduce((a, b) => Math.min(a, b), Infinity),
    max: each('Max').reduce((a, b) => Math.max(a, b), -Infinity),
    mean: sum(measurements.map((m, i) => means[i]! * sum(countsIn(m, kind).counts))) / n,
  };
}

/** The median norm of vision tokens over that of text tokens, with its interval: whole images are drawn anew. */
export function medianRatio({ measurements, seed }: MeasuredResult) {
  const [vision, text] = kinds.map(kind => addLogCounts(measurements.map(m => countsIn(m, kind))).bins);
  const columns = [...columnsOf(measurements, 'vision', vision!), ...columnsOf(measurements, 'text', text!)];
  return clusteredStatistic(
    columns,
    measurements.map(m => m.image),
    sums =>
      quantileOfCounts(vision!, sums, 0.5) / quantileOfCounts(text!, sums.subarray(vision!.length), 0.5),
    { seed },
  );
}

/** For each bin, its count on every image. */
function columnsOf(measurements: readonly Measurement[], kind: Kind, bins: readonly number[]) {
  const place = new Map(bins.map((bin, i) => [bin, i]));
  const columns = bins.map(() => new Float64Array(measurements.length));
  measurements.forEach((measurement, image) => {
    const own = countsIn(measurement, kind);
    own.bins.forEach((bin, i) => {
      columns[place.get(bin)!]![image] = own.counts[i]!;
    });
  });
  return columns;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

import { z } from 'zod';
import { clusteredStatistic } from '../../metrics/clustered.js';
import { addLogCounts, type LogCounts, quantileOfCounts } from '../../metrics/log-counts.js';
import type { Measurement } from '../../records/prediction.js';
import type { MeasuredResult } from '../../records/result.js';

export const kinds = ['vision', 'text'] as const;
type Kind = (typeof kinds)[number];

const counts = z.array(z.number()).readonly();

/** What is kept of an image's norms: counts on the fixed grid, and exactly the least, middle, mean and largest. */
export const normMeasures = z.strictObject({
  visionBins: counts,
  visionCounts: counts,
  visionMin: z.number(),
  visionMedian: z.number(),
  visionMax: z.number(),
  visionMean: z.number(),
  textBins: counts,
  textCounts: counts,
  textMin: z.number(),
  textMedian: z.number(),
  textMax: z.number(),
  textMean: z.number(),
});

export type NormMeasures = z.output<typeof normMeasures>;
export type NormResult = MeasuredResult<NormMeasures>;

/** The norms of one kind of tokens over all images of a run. */
interface NormSummary {
  readonly counts: LogCounts;
  /** Tokens. */
  readonly n: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

const countsIn = ({ measures }: Measurement<NormMeasures>, kind: Kind): LogCounts => ({
  bins: measures[`${kind}Bins`],
  counts: measures[`${kind}Counts`],
});

/** Counts on a log axis, number, least, greatest and mean of the L2 norms of one kind of token, over all images. */
export function summarise({ measurements }: NormResult, kind: Kind): NormSummary {
  const counts = addLogCounts(measurements.map(m => countsIn(m, kind)));
  const n = sum(counts.counts);
  const each = (name: 'Min' | 'Max' | 'Mean') => measurements.map(m => m.measures[`${kind}${name}`]);
  const means = each('Mean');
  return {
    counts,
    n,
    min: each('Min').reduce((a, b) => Math.min(a, b), Infinity),
    max: each('Max').reduce((a, b) => Math.max(a, b), -Infinity),
    mean: sum(measurements.map((m, i) => means[i]! * sum(countsIn(m, kind).counts))) / n,
  };
}

/** The median norm of vision tokens over that of text tokens, with its interval, clustered by image. */
export function medianRatio({ measurements }: NormResult) {
  const [vision, text] = kinds.map(kind => addLogCounts(measurements.map(m => countsIn(m, kind))).bins);
  const columns = [...columnsOf(measurements, 'vision', vision!), ...columnsOf(measurements, 'text', text!)];
  return clusteredStatistic(
    columns,
    measurements.map(m => m.image),
    sums =>
      quantileOfCounts(vision!, sums, 0.5) / quantileOfCounts(text!, sums.subarray(vision!.length), 0.5),
  );
}

/** For each bin, its count on every image. */
function columnsOf(measurements: readonly Measurement<NormMeasures>[], kind: Kind, bins: readonly number[]) {
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

import { type ClusterTotals, clusterTotals, grandTotals } from './clusters.js';
import { criticalT, twoSidedP } from './student-t.js';

export interface IntervalOptions {
  /** Coverage of the interval; 0.95. */
  readonly level?: number;
  /** Least and greatest value that the statistic can have, where it is a share of something: see `clusteredStatistic`. */
  readonly range?: readonly [number, number];
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What sums over questions say, and how well images tell it. */
export interface ClusteredEstimate extends Interval {
  /** Questions. */
  readonly n: number;
  /** Images. */
  readonly clusters: number;
  readonly value: number;
  /** Standard error; NaN of fewer than `FEWEST_CLUSTERS` images, as are `low` and `high`. */
  readonly error: number;
  /** Degrees of freedom of Student's t that (value − truth) / error is taken to follow. */
  readonly df: number;
}

/** Images below which no interval is given: nothing that was tried covers as it says from fewer (docs/statistics.md). */
export const FEWEST_CLUSTERS = 10;

/**
 * A function of sums over questions, with an interval clustered by image: questions on one image are not independent, so images are
 * left out one at a time (the delete-one jackknife; Efron & Tibshirani 1993, ch. 11), and the interval is Student's t
 * with degrees of freedom after Satterthwaite (1946), 2 V² / Var V of the jackknife's variance V: fewer where a few images make
 * most of it. Of a share within a known `range`, as mean scores are within 0 to 1, it is Wilson's score interval (1927) for as many
 * independent answers as would have this standard error, with t in place of z (Dean & Pagano 2015): it stays within the range, and
 * is not empty where all images agree, each of which then counts as one answer.
 *
 * The statistic must change smoothly with the sums. Where it is not defined (NaN) without one of the images, say a
 * precision all of whose positives are on one, nothing is known of its spread.
 * @param columns k × float[n], one value a question
 * @param clusters string[n], the image of each question
 * @param statistic of float64[k + 1]: the columns' sums, then the number of questions
 */
export function clusteredStatistic(
  columns: readonly ArrayLike<number>[],
  clusters: readonly string[],
  statistic: (sums: Float64Array) => number,
  options: IntervalOptions = {},
): ClusteredEstimate {
  return estimated(columns, clusters, statistic, options, Infinity);
}

/**
 * The mean over questions with an interval clustered by image: see `clusteredStatistic`. Within a range no more independent answers
 * are reckoned with than there are questions.
 */
export function clusteredMean(
  values: ArrayLike<number>,
  clusters: readonly string[],
  options: IntervalOptions = {},
): Omit<ClusteredEstimate, 'value'> & { readonly mean: number } {
  const { value, ...rest } = estimated([values], clusters, meanOf, options, clusters.length);
  return { ...rest, mean: value };
}

function estimated(
  columns: readonly ArrayLike<number>[],
  clusters: readonly string[],
  statistic: (sums: Float64Array) => number,
  { level = 0.95, range }: IntervalOptions,
  mostAnswers: number,
): ClusteredEstimate {
  const totals = clusterTotals(columns, clusters);
  const value = statistic(grandTotals(totals));
  const { error, df } = jackknife(totals, statistic, value);
  const t = criticalT(level, df);
  const estimate = { n: clusters.length, clusters: totals.clusters, value, error, df };
  const interval = range
    ? wilson(estimate, t, range, mostAnswers)
    : { low: value - t * error, high: value + t * error };
  return { ...estimate, ...interval };
}

/** The p-value, two-sided, of the hypothesis that an estimate's true value is `about`: the test whose interval it has. */
export function pAgainst(
  { value, error, df }: Pick<ClusteredEstimate, 'value' | 'error' | 'df'>,
  about: number,
): number {
  if (error === 0) return value === about ? 1 : 0;
  return twoSidedP((value - about) / error, df);
}

/** Half the width of a 95 % interval where none of `clusters` images shows anything: Wilson's upper end of 0 of so many, with t. */
export const halfWidthOfNone = (clusters: number): number => {
  const square = criticalT(0.95, clusters - 1) ** 2;
  return square / (clusters + square);
};

const meanOf = (sums: Float64Array): number => sums[0]! / sums[1]!;

function jackknife(
  { clusters, stride, totals }: ClusterTotals,
  statistic: (sums: Float64Array) => number,
  value: number,
): Pick<ClusteredEstimate, 'error' | 'df'> {
  if (clusters < FEWEST_CLUSTERS) return { error: Number.NaN, df: Math.max(clusters - 1, 1) };
  const all = grandTotals({ clusters, stride, totals });
  const without = new Float64Array(stride);
  let squares = 0;
  let fourths = 0;
  for (let cluster = 0; cluster < clusters; cluster++) {
    for (let i = 0; i < stride; i++) without[i] = all[i]! - totals[cluster * stride + i]!;
    const square = (statistic(without) - value) ** 2;
    squares += square;
    fourths += square ** 2;
  }
  // What rounding leaves of images that are alike is no spread.
  if (Math.sqrt(squares) <= 1e-12 * Math.abs(value)) return { error: 0, df: clusters - 1 };
  const spread = fourths - squares ** 2 / clusters;
  const satterthwaite = spread > 0 ? (2 * squares ** 2) / spread : Infinity;
  return {
    error: Math.sqrt(((clusters - 1) / clusters) * squares),
    df: Math.min(clusters - 1, Math.max(2, satterthwaite)),
  };
}

function wilson(
  { clusters, value, error }: Omit<ClusteredEstimate, keyof Interval>,
  t: number,
  [lowest, highest]: readonly [number, number],
  mostAnswers: number,
): Interval {
  const width = highest - lowest;
  const share = (value - lowest) / width;
  const answers =
    error === 0 ? clusters : Math.min(mostAnswers, (share * (1 - share)) / (error / width) ** 2);
  const pull = t ** 2 / answers;
  const middle = (share + pull / 2) / (1 + pull);
  const half = Math.sqrt(pull * (share * (1 - share) + pull / 4)) / (1 + pull);
  // Rounding must not carry an end past the range.
  return {
    low: Math.max(lowest, lowest + width * (middle - half)),
    high: Math.min(highest, lowest + width * (middle + half)),
  };
}

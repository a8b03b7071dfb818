import { seededRandom } from '../random.js';
import { type ClusterTotals, clusterTotals, grandTotals } from './clusters.js';
import { quantiles } from './quantiles.js';

export interface BootstrapOptions {
  /** The same seed gives the same interval on every machine. */
  readonly seed: number;
  /** Resamples of the images; 2000. */
  readonly resamples?: number;
  /** Coverage of the interval; 0.95. */
  readonly level?: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

export interface ClusteredEstimate extends Interval {
  /** Questions. */
  readonly n: number;
  /** Images. */
  readonly clusters: number;
  readonly value: number;
}

/**
 * A function of sums over questions, with a clustered bootstrap interval: whole images are drawn with replacement, as
 * many as there are, and the percentile interval of the resampled statistic is given (Efron & Tibshirani 1993, ch. 13;
 * clusters: Davison & Hinkley 1997, §3.8). Questions on one image are not independent, so questions are never drawn.
 *
 * What the percentile interval cannot do: it is too narrow for fewer than about 20 images, and empty where every image
 * agrees (all right, all wrong). With one image nothing is known of the spread: `low` and `high` are NaN. Resamples for
 * which the statistic is not defined (NaN, say a precision without positives) are left out.
 * @param columns k × float[n], one value a question
 * @param clusters string[n], the image of each question
 * @param statistic of float64[k + 1]: the columns' sums, then the number of questions
 */
export function clusteredStatistic(
  columns: readonly ArrayLike<number>[],
  clusters: readonly string[],
  statistic: (sums: Float64Array) => number,
  options: BootstrapOptions,
): ClusteredEstimate {
  const totals = clusterTotals(columns, clusters);
  const value = statistic(grandTotals(totals));
  return { n: clusters.length, clusters: totals.clusters, value, ...bootstrap(totals, statistic, options) };
}

/** The mean over questions with a clustered bootstrap interval: see `clusteredStatistic`. */
export function clusteredMean(
  values: ArrayLike<number>,
  clusters: readonly string[],
  options: BootstrapOptions,
): Interval & { readonly n: number; readonly clusters: number; readonly mean: number } {
  const { value, ...rest } = clusteredStatistic([values], clusters, meanOf, options);
  return { ...rest, mean: value };
}

const meanOf = (sums: Float64Array): number => sums[0]! / sums[1]!;

function bootstrap(
  { clusters, stride, totals }: ClusterTotals,
  statistic: (sums: Float64Array) => number,
  { seed, resamples = 2000, level = 0.95 }: BootstrapOptions,
): Interval {
  if (!(level > 0 && level < 1)) throw new RangeError(`bootstrap: level ${level} is not between 0 and 1`);
  if (!(resamples >= 1)) throw new RangeError(`bootstrap: ${resamples} resamples`);
  if (clusters === 1) return { low: Number.NaN, high: Number.NaN };
  const random = seededRandom('clustered bootstrap', seed);
  const estimates = new Float64Array(resamples);
  const sums = new Float64Array(stride);
  for (let resample = 0; resample < resamples; resample++) {
    sums.fill(0);
    for (let draw = 0; draw < clusters; draw++) {
      const start = Math.floor(random() * clusters) * stride;
      for (let column = 0; column < stride; column++) sums[column]! += totals[start + column]!;
    }
    estimates[resample] = statistic(sums);
  }
  const tail = (1 - level) / 2;
  const [low, high] = quantiles(
    estimates.filter(estimate => !Number.isNaN(estimate)),
    [tail, 1 - tail],
  );
  return { low: low!, high: high! };
}

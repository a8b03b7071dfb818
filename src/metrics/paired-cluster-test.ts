import { type Random, seededRandom } from '../random.js';
import { type ClusteredEstimate, clusteredMean, halfWidthOfNone, type IntervalOptions } from './clustered.js';
import { clusterTotals } from './clusters.js';
import { criticalT } from './student-t.js';

export interface PairedTestOptions extends Pick<IntervalOptions, 'level'> {
  /** The same seed draws the same sign patterns on every machine. */
  readonly seed: number;
  /** Random sign patterns, or, where there are no more than so many, all of them; 10000. */
  readonly permutations?: number;
  /** What `p` speaks against: `two-sided`, a equals b (the default); `greater`, a does not exceed b. */
  readonly alternative?: Alternative;
}

type Alternative = 'two-sided' | 'greater';

export interface PairedDifference extends Omit<ClusteredEstimate, 'value'> {
  /** Mean of a − b over questions; `low` and `high` are its interval clustered by image, `error` its standard error. */
  readonly difference: number;
}

export interface PairedTest extends PairedDifference {
  readonly p: number;
  /** Whether every sign pattern was tried; else p = (1 + #) / (1 + permutations), which is never 0. */
  readonly exact: boolean;
}

/**
 * How far two scores of the same questions lie apart, with `clusteredMean`'s interval. Where all images differ alike, and so say
 * nothing of how far others would, the interval is as wide as that of a share that none of them shows: scores are taken to lie
 * within 0 to 1.
 * @param a float[n], a score a question
 * @param b float[n], the other score of the same questions
 * @param clusters string[n], the image of each question
 */
export function pairedDifference(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  clusters: readonly string[],
  level = 0.95,
): PairedDifference {
  const { mean, ...estimate } = widened(clusteredMean(differencesOf(a, b), clusters, { level }), level);
  return { ...estimate, difference: mean };
}

/**
 * `pairedDifference` with its paired cluster permutation test: under the null hypothesis a and b may be swapped on any image as a
 * whole, which turns the sign of that image's summed difference (Good 2005, §3; one-sample sign-flip). Images whose difference is
 * 0 change nothing and are skipped.
 * @param a float[n], a score a question
 * @param b float[n], the other score of the same questions
 * @param clusters string[n], the image of each question
 */
export function pairedClusterTest(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  clusters: readonly string[],
  { permutations = 10_000, alternative = 'two-sided', seed, level = 0.95 }: PairedTestOptions,
): PairedTest {
  if (!(permutations >= 1)) throw new RangeError(`pairedClusterTest: ${permutations} permutations`);
  const difference = pairedDifference(a, b, clusters, level);
  const perImage = clusterTotals([differencesOf(a, b)], clusters);
  // Two numbers a cluster: the sum and the count.
  const flips = perImage.totals.filter((value, i) => i % 2 === 0 && value !== 0);
  const exact = 2 ** flips.length <= permutations;
  const reaches = reachesObserved(flips, alternative);
  const p = exact
    ? countAll(flips, reaches) / 2 ** flips.length
    : (1 + countRandom(flips, permutations, seededRandom('paired cluster test', seed), reaches)) /
      (1 + permutations);
  return { ...difference, p, exact };
}

function differencesOf(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  if (a.length !== b.length) throw new RangeError(`paired scores: ${a.length} scores against ${b.length}`);
  return Float64Array.from(a, (value, i) => value - b[i]!);
}

type Mean = ReturnType<typeof clusteredMean>;

function widened(mean: Mean, level: number): Mean {
  if (mean.error !== 0) return mean;
  const error = halfWidthOfNone(mean.clusters) / criticalT(0.95, mean.df);
  const half = criticalT(level, mean.df) * error;
  return { ...mean, error, low: Math.max(-1, mean.mean - half), high: Math.min(1, mean.mean + half) };
}

type Reaches = (sum: number) => boolean;

/** Whether a permuted sum is at least as extreme as the observed one; sums that differ by rounding alone count as equal. */
function reachesObserved(flips: Float64Array, alternative: Alternative): Reaches {
  const observed = flips.reduce((sum, value) => sum + value, 0);
  const rounding = 1e-10 * flips.reduce((sum, value) => sum + Math.abs(value), 0);
  return alternative === 'greater'
    ? sum => sum >= observed - rounding
    : sum => Math.abs(sum) >= Math.abs(observed) - rounding;
}

function countAll(flips: Float64Array, reaches: Reaches): number {
  let count = 0;
  for (let pattern = 0; pattern < 2 ** flips.length; pattern++) {
    let sum = 0;
    for (let i = 0; i < flips.length; i++) sum += (pattern >>> i) & 1 ? -flips[i]! : flips[i]!;
    if (reaches(sum)) count++;
  }
  return count;
}

function countRandom(flips: Float64Array, permutations: number, random: Random, reaches: Reaches): number {
  const total = flips.reduce((sum, value) => sum + value, 0);
  let count = 0;
  for (let permutation = 0; permutation < permutations; permutation++) {
    // The sum with random signs is twice the sum of the kept ones, less the total: one random bit an image.
    let kept = 0;
    for (let start = 0; start < flips.length; start += 32) {
      const bits = random() * 2 ** 32;
      const end = Math.min(flips.length, start + 32);
      for (let i = start; i < end; i++) kept += flips[i]! * ((bits >>> (i - start)) & 1);
    }
    if (reaches(2 * kept - total)) count++;
  }
  return count;
}

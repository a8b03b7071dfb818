import { clusteredMean, pAgainst } from '../metrics/clustered.js';
import {
  type PairedDifference,
  pairedClusterTest,
  pairedDifference,
} from '../metrics/paired-cluster-test.js';
import type { Spread } from '../metrics/power.js';
import type { RunResult } from '../records/result.js';
import type { Column } from '../records/table.js';
import type { ConditionScores } from './scores.js';

/** Accuracy in per cent, with its interval clustered by image; NaN where answers are not published. */
export interface AccuracyEstimate {
  readonly n: number;
  readonly images: number;
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
}

/** Points between two accuracies on the same questions, with interval and test clustered by image. */
export interface DifferenceEstimate {
  readonly difference: number;
  readonly differenceLow: number;
  readonly differenceHigh: number;
  readonly p: number;
}

/** Whether the scores are known: not those of a split whose answers are not published. */
export const isKnown = ({ scores }: ConditionScores): boolean => scores.every(score => !Number.isNaN(score));

/** The same of all that a run answered. */
export const isScored = ({ predictions }: Pick<RunResult, 'predictions'>): boolean =>
  predictions.every(p => !Number.isNaN(p.score));

/** Mean score in per cent with its 95 % interval, clustered by image; NaN where answers are not published. */
export function accuracyOf(asked: ConditionScores): AccuracyEstimate {
  const { scores, images } = asked;
  const { mean, low, high } = isKnown(asked)
    ? clusteredMean(scores, images, { range: [0, 1] })
    : { mean: NaN, low: NaN, high: NaN };
  return {
    n: scores.length,
    images: new Set(images).size,
    accuracy: 100 * mean,
    low: 100 * low,
    high: 100 * high,
  };
}

/** The fields of a difference where there is nothing to compare. */
export const NO_DIFFERENCE = {
  difference: null,
  differenceLow: null,
  differenceHigh: null,
  p: null,
} as const;

const DECIMALS = { format: { decimals: 2 } } as const;

/** Columns of an accuracy and of what it is against another, with their intervals. */
export const ESTIMATE_COLUMNS: readonly Column[] = [
  { key: 'accuracy', label: 'Accuracy', ...DECIMALS },
  { key: 'low', label: '95% from', ...DECIMALS },
  { key: 'high', label: 'to', ...DECIMALS },
  { key: 'difference', label: 'Difference', ...DECIMALS },
  { key: 'differenceLow', label: '95% from', ...DECIMALS },
  { key: 'differenceHigh', label: 'to', ...DECIMALS },
  { key: 'p', label: 'p', format: { decimals: 4 } },
];

/** after − before, question by question; RangeError where they are not about the same questions. */
export function differenceOf(
  after: ConditionScores,
  before: ConditionScores,
  seed: number,
): DifferenceEstimate {
  const { difference, low, high } = scoresApart(after, before);
  return {
    difference: 100 * difference,
    differenceLow: 100 * low,
    differenceHigh: 100 * high,
    p: pOfNoDifference(after, before, seed),
  };
}

/**
 * after − before in points, and the p-value of the hypothesis that it is `bound`: for 0 that of the paired cluster permutation test,
 * as in the tables, else that of the interval's own t test, as a permutation of signs needs a difference that is symmetric.
 */
export function differenceFrom(after: ConditionScores, before: ConditionScores, seed: number, bound: number) {
  const { difference, low, high, ...spread } = scoresApart(after, before);
  const p =
    bound === 0
      ? pOfNoDifference(after, before, seed)
      : pAgainst({ value: difference, ...spread }, bound / 100);
  return { value: 100 * difference, low: 100 * low, high: 100 * high, p, images: spread.clusters };
}

/** How far after − before would differ from one set of images to another, as a share of 1. */
export function spreadOf(after: ConditionScores, before: ConditionScores): Spread {
  const { clusters, error, df } = scoresApart(after, before);
  return { clusters, error, df };
}

function scoresApart(after: ConditionScores, before: ConditionScores): PairedDifference {
  if (after.ids.join('\n') !== before.ids.join('\n')) {
    throw new RangeError('differenceOf: the two hold different questions');
  }
  if (!isKnown(after) || !isKnown(before)) {
    const [n, clusters] = [before.scores.length, new Set(before.images).size];
    return { n, clusters, difference: NaN, low: NaN, high: NaN, error: NaN, df: 1 };
  }
  return pairedDifference(after.scores, before.scores, before.images);
}

/** Two-sided; NaN where answers are not published. */
const pOfNoDifference = (after: ConditionScores, before: ConditionScores, seed: number): number =>
  isKnown(after) && isKnown(before)
    ? pairedClusterTest(after.scores, before.scores, before.images, { seed }).p
    : NaN;

/** A model must beat its own blind scores at this level for what an intervention costs it to mean anything. */
export const BLIND_LEVEL = 0.001;

/**
 * One-sided: how likely a model that gains nothing from the image would score so far above its blind self; NaN where
 * answers are not published.
 */
export function blindTest(sighted: ConditionScores, blind: ConditionScores, seed: number): number {
  if (!isKnown(sighted) || !isKnown(blind)) return Number.NaN;
  return pairedClusterTest(sighted.scores, blind.scores, sighted.images, { seed, alternative: 'greater' }).p;
}

/** Results by benchmark, in their order. */
export function byBenchmark<R extends Pick<RunResult, 'benchmark'>>(results: readonly R[]): R[][] {
  const keys = [...new Set(results.map(keyOf))];
  return keys.map(key => results.filter(result => keyOf(result) === key));
}

const keyOf = ({ benchmark }: Pick<RunResult, 'benchmark'>): string =>
  JSON.stringify([benchmark.name, benchmark.split]);

/** The suites of results, as titles name them. */
export const suitesOf = (results: readonly Pick<RunResult, 'suite'>[]): string =>
  [...new Set(results.map(r => r.suite))].join(', ');

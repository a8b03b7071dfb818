import type { PermutationOrder } from '../../interventions/permute.js';
import type { RunResult } from '../../records/result.js';
import { blank, original, permuted, textOnly } from '../condition.js';
import { type ConditionScores, meanScores, scoresUnder } from '../scores.js';

/** One model's scores on one benchmark in the ways that the permutation test asks, question by question. */
export interface PermutationScores {
  readonly result: RunResult;
  readonly original: ConditionScores;
  /** The mean over the draws. */
  readonly permuted: ConditionScores;
  readonly blank: ConditionScores;
  readonly textOnly: ConditionScores;
}

/** The seeds of `count` draws, from 0. */
export const draws = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** How many permutations are drawn, and of which order. */
export interface PermutationTest {
  readonly seeds: number;
  readonly order: PermutationOrder;
}

/** The four ways of asking, question by question; `permuted` is the mean over the draws. */
export function readConditions(
  result: RunResult,
  { seeds, order }: PermutationTest,
): PermutationScores & { readonly perDraw: readonly ConditionScores[] } {
  const perDraw = draws(seeds).map(draw => scoresUnder(result, permuted(draw, order)));
  return {
    result,
    original: scoresUnder(result, original),
    permuted: meanScores(perDraw),
    perDraw,
    blank: scoresUnder(result, blank),
    textOnly: scoresUnder(result, textOnly),
  };
}

import { blankImageCondition, textOnlyCondition } from '../controls.js';
import { type ConditionScores, meanScores, ORIGINAL, scoresOf } from '../scores.js';
import type { RunResult } from '../types.js';

/** One model's scores on one benchmark in the ways that the permutation test asks, question by question. */
export interface PermutationScores {
  readonly result: RunResult;
  readonly original: ConditionScores;
  /** The mean over the draws. */
  readonly permuted: ConditionScores;
  readonly blank: ConditionScores;
  readonly textOnly: ConditionScores;
}

export const draws = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

export const permutedName = (draw: number): string => `permuted-${draw}`;

/** The four ways of asking, question by question; `permuted` is the mean over the draws. */
export function readConditions(
  result: RunResult,
  seeds: number,
): PermutationScores & { readonly perDraw: readonly ConditionScores[] } {
  const { predictions } = result;
  const perDraw = draws(seeds).map(draw => scoresOf(predictions, permutedName(draw)));
  return {
    result,
    original: scoresOf(predictions, ORIGINAL),
    permuted: meanScores(perDraw),
    perDraw,
    blank: scoresOf(predictions, blankImageCondition.name),
    textOnly: scoresOf(predictions, textOnlyCondition.name),
  };
}

import { blankImageCondition, textOnlyCondition } from '../controls.js';
import { blindTest } from '../estimates.js';
import { type ConditionScores, ORIGINAL, percent, scoresOf } from '../scores.js';
import type { RunResult } from '../types.js';

/** The condition with the tokens' own norms in random order: the permutation test's name for it. */
export const OWN_PERMUTED = 'permuted-0';

/** Accuracy in the tokens' own order and in a random one, at one norm. */
export interface NormPoint {
  /** Multiple of the mean norm of the vocabulary's embeddings; null for the tokens' own norms. */
  readonly norm: number | null;
  readonly original: ConditionScores;
  readonly permuted: ConditionScores;
  /** Without the image: the better of a blank one and none. */
  readonly blind: ConditionScores;
  /** The larger p of two one-sided tests: that the model does no better than with a blank image, and than with none. */
  readonly pOverBlind: number;
}

/** The tokens' own norms first, then every norm, rising. */
export function normPoints({ predictions, seed }: RunResult): NormPoint[] {
  const floors = [blankImageCondition, textOnlyCondition].map(({ name }) => scoresOf(predictions, name));
  const blind = floors.reduce((a, b) => (percent(b.scores) > percent(a.scores) ? b : a));
  const point = (norm: number | null, ownOrder: string, permuted: string): NormPoint => {
    const original = scoresOf(predictions, ownOrder);
    return {
      norm,
      original,
      permuted: scoresOf(predictions, permuted),
      blind,
      pOverBlind: Math.max(...floors.map(floor => blindTest(original, floor, seed))),
    };
  };
  const norms = [...new Set(predictions.map(p => p.condition))].flatMap(name => {
    const [, multiple] = /^norm-([\d.e+-]+)-permuted$/.exec(name) ?? [];
    return multiple === undefined ? [] : Number(multiple);
  });
  return [
    point(null, ORIGINAL, OWN_PERMUTED),
    ...norms.sort((a, b) => a - b).map(norm => point(norm, `norm-${norm}`, `norm-${norm}-permuted`)),
  ];
}

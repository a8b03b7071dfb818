import { conditionsOf } from '../../records/prediction.js';
import { blankImageCondition, textOnlyCondition } from '../controls.js';
import { type ConditionScores, ORIGINAL, scoresOf } from '../scores.js';
import type { RunResult } from '../types.js';

/** The condition with the tokens' own norms in random order: the permutation test's name for it. */
export const OWN_PERMUTED = 'permuted-0';

/** Accuracy in the tokens' own order and in a random one, at one norm. */
export interface NormPoint {
  /** Multiple of the mean norm of the vocabulary's embeddings; null for the tokens' own norms. */
  readonly norm: number | null;
  readonly original: ConditionScores;
  readonly permuted: ConditionScores;
  /** With a blank image, and with none. */
  readonly blank: ConditionScores;
  readonly textOnly: ConditionScores;
}

/** The tokens' own norms first, then every norm, rising. */
export function normPoints({ predictions }: RunResult): NormPoint[] {
  const blank = scoresOf(predictions, blankImageCondition.name);
  const textOnly = scoresOf(predictions, textOnlyCondition.name);
  const point = (norm: number | null, ownOrder: string, permuted: string): NormPoint => ({
    norm,
    original: scoresOf(predictions, ownOrder),
    permuted: scoresOf(predictions, permuted),
    blank,
    textOnly,
  });
  const norms = conditionsOf(predictions).flatMap(name => {
    const [, multiple] = /^norm-([\d.e+-]+)-permuted$/.exec(name) ?? [];
    return multiple === undefined ? [] : Number(multiple);
  });
  return [
    point(null, ORIGINAL, OWN_PERMUTED),
    ...norms.sort((a, b) => a - b).map(norm => point(norm, `norm-${norm}`, `norm-${norm}-permuted`)),
  ];
}

import type { RunResult } from '../../records/result.js';
import { blank, original, permuted, textOnly } from '../condition.js';
import {
  type ChangedCondition,
  type ConditionScores,
  conditionsOfKinds,
  named,
  scoresOf,
  scoresUnder,
} from '../scores.js';

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
export function normPoints(result: RunResult): NormPoint[] {
  const blind = { blank: scoresUnder(result, blank), textOnly: scoresUnder(result, textOnly) };
  const inOrder = conditionsOfKinds(result, 'rescale');
  const shuffled = conditionsOfKinds(result, 'rescale', 'permute');
  const scores = (condition: ChangedCondition | undefined) =>
    scoresOf(condition ? named(result.predictions, condition.name) : []);
  const norms = shuffled.map(({ params }) => Number(params.multiple)).sort((a, b) => a - b);
  const at = (norm: number) => (condition: ChangedCondition) => condition.params.multiple === norm;
  return [
    {
      norm: null,
      original: scoresUnder(result, original),
      permuted: scoresUnder(result, permuted()),
      ...blind,
    },
    ...norms.map(norm => ({
      norm,
      original: scores(inOrder.find(at(norm))),
      permuted: scores(shuffled.find(at(norm))),
      ...blind,
    })),
  ];
}

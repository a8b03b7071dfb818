import type { Prediction } from '../records/prediction.js';

/** The condition in which nothing is changed. */
export const ORIGINAL = 'original';

/** Scores of one condition, question by question, in the order of `ids`. */
export interface ConditionScores {
  readonly ids: readonly string[];
  /** The image of each question. */
  readonly images: readonly string[];
  readonly scores: readonly number[];
}

/** The scores of a condition over all its questions, ordered as they were asked. */
export function scoresOf(predictions: readonly Prediction[], condition: string): ConditionScores {
  const chosen = predictions.filter(p => p.condition === condition);
  return {
    ids: chosen.map(p => p.id),
    images: chosen.map(p => p.image),
    scores: chosen.map(p => p.score),
  };
}

/** The mean of several conditions, question by question; all must hold the same questions in the same order. */
export function meanScores(conditions: readonly ConditionScores[]): ConditionScores {
  const first = conditions[0]!;
  for (const other of conditions) {
    if (other.ids.length !== first.ids.length || other.ids.some((id, i) => id !== first.ids[i])) {
      throw new RangeError('meanScores: the conditions hold different questions');
    }
  }
  const scores = first.scores.map(
    (_, i) => conditions.reduce((sum, c) => sum + c.scores[i]!, 0) / conditions.length,
  );
  return { ...first, scores };
}

/** The mean, of 0 to 1, as a percentage of 0 to 100; NaN of nothing. */
export const percent = (scores: readonly number[]): number =>
  (100 * scores.reduce((a, b) => a + b, 0)) / scores.length;

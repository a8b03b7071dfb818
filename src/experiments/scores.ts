import type { InterventionRecord } from '../records/condition.js';
import type { Measures, Prediction } from '../records/prediction.js';
import type { RunResult } from '../records/result.js';
import { type Condition, isCondition } from './condition.js';

/** Scores of one condition, question by question, in the order of `ids`. */
export interface ConditionScores {
  readonly ids: readonly string[];
  /** The image of each question. */
  readonly images: readonly string[];
  readonly scores: readonly number[];
}

/** What a run answered under the condition that is this one, whatever its name there; nothing where it was not asked. */
export function under<M extends Measures>(
  { conditions, predictions }: Pick<RunResult<M>, 'conditions' | 'predictions'>,
  condition: Condition,
): Prediction<M>[] {
  const asked = conditions.find(other => isCondition(other, condition));
  return asked ? named(predictions, asked.name) : [];
}

/** The predictions of a run's condition by its name in that run. */
export const named = <M extends Measures>(
  predictions: readonly Prediction<M>[],
  name: string,
): Prediction<M>[] => predictions.filter(({ condition }) => condition === name);

/** Scores of records, in their order. A question whose score is not known is left out where others' are. */
export function scoresOf(predictions: readonly Prediction[]): ConditionScores {
  const known = predictions.filter(({ score }) => !Number.isNaN(score));
  const kept = known.length > 0 ? known : predictions;
  return {
    ids: kept.map(p => p.id),
    images: kept.map(p => p.image),
    scores: kept.map(p => p.score),
  };
}

/** The scores of a condition over all its questions, ordered as they were asked. */
export const scoresUnder = (
  result: Pick<RunResult, 'conditions' | 'predictions'>,
  condition: Condition,
): ConditionScores => scoresOf(under(result, condition));

/** A condition of a run whose only change is of this kind: its name in the run, and the change's parameters. */
export interface ChangedCondition {
  readonly name: string;
  readonly params: InterventionRecord['params'];
}

/** The conditions whose interventions are of just these kinds, in this order; `params` are the first one's. */
export const conditionsOfKinds = (
  { conditions }: Pick<RunResult, 'conditions'>,
  ...kinds: readonly string[]
): ChangedCondition[] =>
  conditions
    .filter(
      ({ image, interventions }) =>
        image &&
        interventions.length === kinds.length &&
        interventions.every(({ kind }, i) => kind === kinds[i]),
    )
    .map(({ name, interventions }) => ({ name, params: interventions[0]!.params }));

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

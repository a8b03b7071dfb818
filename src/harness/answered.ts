import { type Condition, conditionIdentity } from '../experiments/condition.js';
import type { Prediction } from '../records/prediction.js';

/**
 * Answers of one call, so that no experiment of it asks what another has asked: equal models, questions and conditions give
 * equal predictions under equal settings.
 */
export interface Answered {
  /** The predictions on an image under a condition, if it was asked. */
  of(source: string, image: string, condition: Condition): readonly Prediction[] | undefined;
  add(source: string, conditions: readonly Condition[], predictions: readonly Prediction[]): void;
}

/** A store without answers yet, for one call of the program. */
export function createAnswered(): Answered {
  const known = new Map<string, Map<string, Prediction[]>>();
  return {
    of: (source, image, condition) => known.get(keyOf(source, condition))?.get(image),
    add(source, conditions, predictions) {
      const fresh = new Map<string, Map<string, Prediction[]>>();
      for (const condition of conditions) {
        const key = keyOf(source, condition);
        if (!known.has(key)) fresh.set(condition.name, known.set(key, new Map()).get(key)!);
      }
      for (const prediction of predictions) {
        const images = fresh.get(prediction.condition);
        const unit = images?.get(prediction.image);
        if (unit) unit.push(prediction);
        else images?.set(prediction.image, [prediction]);
      }
    },
  };
}

const keyOf = (source: string, condition: Condition): string =>
  JSON.stringify([source, conditionIdentity(condition)]);

import { LAYOUT_RULES } from '../scene/layout.js';
import type { SceneObject } from '../scene/scene.js';
import { everyAnswer } from './questions.js';

/** A scene in which two objects have changed places, and a question that has another answer there. */
export interface Counterfactual {
  readonly objects: readonly SceneObject[];
  /** Indices of the two. */
  readonly swapped: readonly [number, number];
  readonly answer: string;
  /** The answer in the scene as it was. */
  readonly original: string;
}

/**
 * The first exchange of two objects, by their indices, after which the question, word for word, has another answer; undefined where there
 * is none, or where 2DS would not ask it. The places keep their sizes: what changes is which shape and colour lies in them.
 */
export function counterfactualOf(
  objects: readonly SceneObject[],
  question: string,
  margin: number = LAYOUT_RULES.gap,
): Counterfactual | undefined {
  const original = everyAnswer(objects, margin).get(question);
  if (original === undefined) return undefined;
  for (let i = 0; i < objects.length; i++) {
    for (let j = i + 1; j < objects.length; j++) {
      const changed = exchanged(objects, i, j);
      const answer = everyAnswer(changed, margin).get(question);
      if (answer !== undefined && answer !== original)
        return { objects: changed, swapped: [i, j], answer, original };
    }
  }
  return undefined;
}

function exchanged(objects: readonly SceneObject[], i: number, j: number): SceneObject[] {
  const kindOf = ({ shape, color }: SceneObject) => ({ shape, color });
  return objects.map((object, at) => {
    if (at === i) return { ...object, ...kindOf(objects[j]!) };
    return at === j ? { ...object, ...kindOf(objects[i]!) } : object;
  });
}

import { type Random, randomChoice, shuffled } from '../../random.js';
import { ATTRIBUTES, type Attribute, nameOf } from '../scene/relations.js';
import type { Kind, Scene, SceneObject, Shape } from '../scene/scene.js';

/** A question about a scene with its answer, as a model is trained on and asked. */
export interface WorldQuestion {
  readonly question: string;
  readonly answer: string;
}

/** Asks about a scene; null when the scene does not allow the question. */
export type QuestionForm<Q extends WorldQuestion = WorldQuestion> = (
  scene: Scene,
  random: Random,
) => Q | null;

/** An object with a name that fits no other object of its scene. */
export interface Named {
  readonly object: SceneObject;
  readonly name: string;
}

/** The objects of a scene that an attribute names without ambiguity. */
export function namedBy(scene: Scene, attribute: Attribute): Named[] {
  const named = scene.objects.map(object => ({ object, name: nameOf(object, attribute) }));
  return named.filter(({ name }) => named.filter(other => other.name === name).length === 1);
}

/** `count` different objects, in random order, all named by one attribute; null when none names so many. */
export function pickNamed(
  scene: Scene,
  random: Random,
  count: number,
  attributes: readonly Attribute[] = ATTRIBUTES,
): Named[] | null {
  const named = namedBy(scene, randomChoice(random, attributes));
  return named.length < count ? null : shuffled(random, named).slice(0, count);
}

/** `a red circle`, `an orange star`. */
export const withArticle = (name: string): string => `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;

/** `red circle`. */
export const kindName = ({ color, shape }: Kind): string => `${color} ${shape}`;

/** `circles`, `crosses`. */
export const pluralOf = (shape: Shape): string => (shape === 'cross' ? 'crosses' : `${shape}s`);

/** True and false equally often. */
export const coin = (random: Random): boolean => random() < 0.5;

import { type Random, randomChoice } from '../../random.js';
import type { Relation } from '../scene/relations.js';
import { type Scene, type SceneObject, SHAPES, type Shape } from '../scene/scene.js';
import type { QuestionForm, WorldQuestion } from './form.js';

/** One step of GQA's functional program. */
export interface ProgramStep {
  readonly operation: string;
  /** Earlier steps whose results it takes. */
  readonly dependencies: readonly number[];
  readonly argument: string;
}

/** A question with what GQA's files tell of it. */
export interface GqaQuestion extends WorldQuestion {
  readonly fullAnswer: string;
  readonly semantic: readonly ProgramStep[];
  readonly types: { readonly structural: string; readonly semantic: string; readonly detailed: string };
  /** Questions that share their possible answers; `global` is null where answers are yes and no, or places. */
  readonly groups: { readonly global: string | null; readonly local: string };
}

export type GqaForm = QuestionForm<GqaQuestion>;

/** The three types that GQA gives a question. */
export const types = (structural: string, semantic: string, detailed: string): GqaQuestion['types'] => ({
  structural,
  semantic,
  detailed,
});

/** GQA's own words for a relation. */
export const GQA_RELATION: Readonly<Record<Relation, string>> = {
  'left of': 'to the left of',
  'right of': 'to the right of',
  above: 'above',
  below: 'below',
};

/** `circle (3)`: a name and the number of the object in its scene; `(-)` for one that is not there. */
export const reference = (scene: Scene, name: string, object: SceneObject | undefined): string =>
  `${name} (${object ? scene.objects.indexOf(object) : '-'})`;

/** The program step that selects an object by name. */
export const select = (scene: Scene, name: string, object: SceneObject | undefined): ProgramStep =>
  step('select', reference(scene, name, object));

/** A step of a question's program; `dependencies` are places of earlier steps, from 0. */
export const step = (operation: string, argument: string, ...dependencies: number[]): ProgramStep => ({
  operation,
  dependencies,
  argument,
});

/** The first object of this shape; undefined where the scene has none. */
export const ofShape = (scene: Scene, shape: Shape): SceneObject | undefined =>
  scene.objects.find(object => object.shape === shape);

/** A shape that the scene shows, or one that it does not; null where there is none such besides `except`. */
export function pickShape(scene: Scene, random: Random, isShown: boolean, except?: Shape): Shape | null {
  const shapes = SHAPES.filter(
    shape => shape !== except && (ofShape(scene, shape) !== undefined) === isShown,
  );
  return shapes.length === 0 ? null : randomChoice(random, shapes);
}

/** An element of `list` other than `not`. */
export const otherThan = <T>(random: Random, list: readonly T[], not: T): T =>
  randomChoice(
    random,
    list.filter(element => element !== not),
  );

/** An answer in GQA's words. */
export const yesNo = (truth: boolean): 'yes' | 'no' => (truth ? 'yes' : 'no');

import { blankImage } from '../interventions/blank-image.js';
import type { Condition } from './condition.js';

/** The same questions with an image of the mean colour. */
export const blankImageCondition: Condition = {
  name: 'blank-image',
  image: true,
  interventions: [blankImage],
};

/** The same questions with no image at all. */
export const textOnlyCondition: Condition = { name: 'text-only', image: false, interventions: [] };

/** Conditions with the controls that are wanted beside them, where they are not among them already. */
export function withControls(
  conditions: readonly Condition[],
  wanted: { readonly blankImage: boolean; readonly textOnly: boolean },
): Condition[] {
  const controls = [
    ...(wanted.blankImage ? [blankImageCondition] : []),
    ...(wanted.textOnly ? [textOnlyCondition] : []),
  ];
  const names = new Set(conditions.map(({ name }) => name));
  return [...conditions, ...controls.filter(({ name }) => !names.has(name))];
}

import { UsageError } from '../errors.js';
import { blankImage } from '../interventions/blank-image.js';
import { type PermutationOrder, permute } from '../interventions/permute.js';
import { checkIntervention, type Intervention, identityOf, recordOf } from '../interventions/types.js';
import { type ConditionRecord, conditionKey } from '../records/condition.js';

/** One way of asking a benchmark's questions; every question is asked once under each condition. */
export interface Condition {
  /** Unique within a run; stored with every prediction. For people: what a condition is, its data say. */
  readonly name: string;
  /** False asks the same questions with no image at all (text-only). */
  readonly image: boolean;
  /** False leaves out the template's text before the image. */
  readonly systemPrompt?: boolean;
  readonly interventions: readonly Intervention[];
}

/** Nothing is changed. */
export const original: Condition = { name: 'original', image: true, interventions: [] };

/** The vision tokens in another order. */
export const permuted = (draw = 0, order: PermutationOrder = 'random'): Condition => ({
  name: `permuted-${draw}`,
  image: true,
  interventions: [permute(order, draw)],
});

/** The same questions with an image of the mean colour. */
export const blank: Condition = { name: 'blank-image', image: true, interventions: [blankImage()] };

/** The same questions with no image at all. */
export const textOnly: Condition = { name: 'text-only', image: false, interventions: [] };

/** Without the template's text before the image, as the paper's maps are made. */
export const noSystemPrompt: Condition = {
  name: 'no-system',
  image: true,
  systemPrompt: false,
  interventions: [],
};

/** A condition as data. */
export const conditionRecord = ({
  name,
  image,
  systemPrompt,
  interventions,
}: Condition): ConditionRecord => ({
  name,
  image,
  systemPrompt: systemPrompt ?? true,
  interventions: interventions.map(recordOf),
});

/** Whether a run's condition is this one, whatever its name there. */
export const isCondition = (record: ConditionRecord, condition: Condition): boolean =>
  conditionKey(record) === conditionKey(conditionRecord(condition));

/** Identifies a condition within this process; see `identityOf`. */
export const conditionIdentity = ({ name, image, systemPrompt, interventions }: Condition): string =>
  JSON.stringify([name, image, systemPrompt ?? true, interventions.map(identityOf)]);

/** UsageError where a condition is malformed, or two have one name. */
export function checkConditions(conditions: readonly Condition[]): void {
  const names = new Set<string>();
  for (const condition of conditions) {
    const { name, image, interventions, systemPrompt, ...left } = condition;
    const [stray] = Object.keys(left);
    if (
      stray !== undefined ||
      typeof name !== 'string' ||
      typeof image !== 'boolean' ||
      !Array.isArray(interventions)
    ) {
      throw new UsageError(
        `a condition is { name, image: true or false, interventions: […], systemPrompt?: false }; got ${JSON.stringify(name)} with the keys ${Object.keys(condition).join(', ')}`,
      );
    }
    if (names.has(name)) throw new UsageError(`two conditions are called "${name}"; give each its own name`);
    names.add(name);
    interventions.forEach(checkIntervention);
  }
}

/** Conditions with the controls that are wanted beside them, where they are not among them already. */
export function withControls(
  conditions: readonly Condition[],
  wanted: { readonly blankImage: boolean; readonly textOnly: boolean },
): Condition[] {
  const controls = [...(wanted.blankImage ? [blank] : []), ...(wanted.textOnly ? [textOnly] : [])];
  const names = new Set(conditions.map(({ name }) => name));
  return [...conditions, ...controls.filter(({ name }) => !names.has(name))];
}

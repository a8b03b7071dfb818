import { pInWords } from './decide.js';
import { BLIND_LEVEL, blindTest } from './estimates.js';
import { type ConditionScores, percent } from './scores.js';

/** A model's scores with the image as it is, and without it in two ways. */
interface Sight {
  readonly original: ConditionScores;
  readonly blank: ConditionScores;
  readonly textOnly: ConditionScores;
}

/** Accuracy without the image, in per cent: the better of a blank one and none. */
export const blindFloor = ({ blank, textOnly }: Omit<Sight, 'original'>): number =>
  Math.max(percent(blank.scores), percent(textOnly.scores));

/**
 * Why a loss of at most so many points would say nothing: what is not seen cannot be lost. Undefined for a model that gains
 * more than that from seeing the image.
 * @param so what follows for a model that is blind
 */
export function blindness(sight: Sight, seed: number, atMost: number, so: string): string | undefined {
  const { original, blank, textOnly } = sight;
  const p = Math.max(blindTest(original, blank, seed), blindTest(original, textOnly, seed));
  if (!(p < BLIND_LEVEL)) {
    return `the model answers no better than without the image (${pInWords(p)}), so ${so}`;
  }
  const gained = percent(original.scores) - blindFloor(sight);
  return gained <= atMost
    ? `seeing the image gains no more than ${gained.toFixed(2)} points here, so no larger loss could show`
    : undefined;
}

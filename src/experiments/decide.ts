import type { RunSource } from '../records/result.js';
import type { Verdict } from '../records/verdict.js';
import { BLIND_LEVEL, blindTest } from './estimates.js';
import { type ConditionScores, percent } from './scores.js';

/** A statistic with its 95 % interval, and what the claim says of it. */
export interface Evidence {
  readonly claim: number;
  readonly about: string;
  /** In words, with its unit. */
  readonly statistic: string;
  readonly value: number;
  /** NaN where there is too little to know the spread. */
  readonly low: number;
  readonly high: number;
  /** The claim holds where the statistic is above this, or at most that. */
  readonly claimed: { readonly above: number } | { readonly atMost: number };
  /** What is said beyond where the interval lies: the test, the number of images. */
  readonly detail: string;
  /** Why the interval says nothing of the claim here, where that is so. */
  readonly but?: string | undefined;
}

/** A claim holds where its whole interval does as it says, does not hold where no part of the interval does; else one cannot tell. */
export function decide({ suite, model }: RunSource, evidence: Evidence): Verdict {
  const { claim, about, statistic, value, low, high, claimed, detail, but } = evidence;
  const known = Number.isFinite(low) && Number.isFinite(high);
  const bound = 'above' in claimed ? claimed.above : claimed.atMost;
  const [all, none] = 'above' in claimed ? [low > bound, high <= bound] : [high <= bound, low > bound];
  const measured = {
    claim,
    suite,
    model,
    about,
    statistic,
    value,
    low: known ? low : null,
    high: known ? high : null,
  };
  const cannot = (because: string): Verdict => ({ ...measured, says: 'cannot tell', because });
  if (but) return cannot(but);
  if (!known) return cannot('with one image nothing is known of the spread');
  const relation = low > bound ? 'above' : high <= bound ? 'at or below' : 'on both sides of';
  const because = `the 95% interval lies ${relation} ${bound}; ${detail}`;
  if (all || none) return { ...measured, says: all ? 'holds' : 'does not hold', because };
  return cannot(because);
}

/** A p-value in words; the least that ten thousand permutations can give is 0.0001. */
export const pInWords = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${p.toFixed(3)}`);

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

import { FEWEST_CLUSTERS } from '../metrics/clustered.js';
import { holm } from '../metrics/holm.js';
import type { RunSource } from '../records/result.js';
import type { Verdict } from '../records/verdict.js';
import { BLIND_LEVEL, blindTest } from './estimates.js';
import { type ConditionScores, percent } from './scores.js';

/** A statistic with its 95 % interval and test, and what the claim says of it. */
export interface Evidence {
  readonly of: RunSource;
  readonly claim: number;
  readonly about: string;
  /** Whether the model is one that the claim does not speak of, beside those that it does: a variant, say. */
  readonly control?: boolean;
  /** In words, with its unit. */
  readonly statistic: string;
  readonly value: number;
  /** NaN where there is too little to know the spread. */
  readonly low: number;
  readonly high: number;
  /** Two-sided, of the hypothesis that the true value is the claim's bound; NaN where the interval is. */
  readonly p: number;
  /** The claim holds where the statistic is above this, or at most that. */
  readonly claimed: { readonly above: number } | { readonly atMost: number };
  /** Images that it is of. */
  readonly images: number;
  /** What else a reader must know: the test, what lies behind the value. */
  readonly detail: string;
  /** Why the claim does not follow even where the statistic is as it says. */
  readonly but?: string | undefined;
}

/** A statistic is taken to differ from the bound where its p, after Holm's adjustment, is below this. */
const LEVEL = 0.05;

/**
 * Verdicts by one test each: a claim holds, or does not, where the statistic differs from its bound at the 0.05 level, after Holm's
 * adjustment over the verdicts on that claim in one suite's report (those on controls are a family of their own); else one cannot
 * tell. Below the number of images from which an interval can be given nothing is decided.
 */
export function decideAll(evidence: readonly Evidence[]): Verdict[] {
  const familyOf = ({ claim, control = false, of }: Evidence) => JSON.stringify([claim, control, of.suite]);
  const families = new Map<string, Evidence[]>();
  for (const one of evidence) families.set(familyOf(one), [...(families.get(familyOf(one)) ?? []), one]);
  const adjusted = new Map<Evidence, number>();
  for (const family of families.values()) {
    const tested = family.filter(({ p }) => !Number.isNaN(p));
    holm(tested.map(({ p }) => p)).forEach((p, i) => {
      adjusted.set(tested[i]!, p);
    });
  }
  return evidence.map(one => {
    const among = families.get(familyOf(one))!.filter(other => adjusted.has(other)).length;
    return verdictOf(one, adjusted.get(one) ?? Number.NaN, among);
  });
}

function verdictOf(evidence: Evidence, pHolm: number, among: number): Verdict {
  const { of, claim, about, control, statistic, value, low, high, p, claimed, images, detail, but } =
    evidence;
  const bound = 'above' in claimed ? claimed.above : claimed.atMost;
  const asClaimed = 'above' in claimed ? value > bound : value <= bound;
  const known = Number.isFinite(low) && Number.isFinite(high);
  const said = (says: Verdict['says'], because: string): Verdict => ({
    ...{
      claim,
      suite: of.suite,
      model: of.model,
      about,
      ...(control && { control }),
      says,
      statistic,
      value,
    },
    ...{ low: known ? low : null, high: known ? high : null, p: known ? pHolm : null, because },
  });
  if (!known || Number.isNaN(p)) {
    return said(
      'cannot tell',
      images < FEWEST_CLUSTERS
        ? `too few images (${images}; an interval needs ${FEWEST_CLUSTERS})`
        : (but ?? 'the statistic is not defined on every part of the images'),
    );
  }
  const test = `${pInWords(p)} against ${bound}${among > 1 ? `, ${pInWords(pHolm)} after Holm over ${among} verdicts` : ''}; ${detail}`;
  if (!(pHolm < LEVEL)) return said('cannot tell', test);
  if (asClaimed && but) return said('cannot tell', but);
  return said(asClaimed ? 'holds' : 'does not hold', test);
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
 * @param so what follows for a model that may be blind
 */
export function blindness(sight: Sight, seed: number, atMost: number, so: string): string | undefined {
  const { original, blank, textOnly } = sight;
  const p = Math.max(blindTest(original, blank, seed), blindTest(original, textOnly, seed));
  if (!(p < BLIND_LEVEL)) {
    return `the model is not shown, at the ${BLIND_LEVEL} level, to answer better than without the image (${pInWords(p)}), so ${so}`;
  }
  const gained = percent(original.scores) - blindFloor(sight);
  return gained <= atMost
    ? `seeing the image gains no more than ${gained.toFixed(2)} points here, so no larger loss could show`
    : undefined;
}

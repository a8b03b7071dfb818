import type { Verdict } from '../../metrics/verdict.js';
import { decide, pInWords } from '../decide.js';
import { BLIND_LEVEL, blindTest, differenceOf } from '../estimates.js';
import { percent } from '../scores.js';
import type { PermutationScores } from './figures.js';

/** The largest loss that the paper reports (Table 1, GQA), in points: what it calls small. */
const SMALL_LOSS = 2.74;

/** What the permutation test says of claim 1 (insight 1, §3.1): one verdict a model and benchmark. */
export const permutationVerdicts = (tests: readonly PermutationScores[]): readonly Verdict[] =>
  tests.filter(({ original }) => !original.scores.some(Number.isNaN)).map(verdict);

function verdict({ result, original, permuted, blank, textOnly }: PermutationScores): Verdict {
  const { benchmark, seed } = result;
  // Original less permuted: what is lost.
  const loss = differenceOf(original, permuted, seed);
  return decide(result, {
    claim: 1,
    about: `${benchmark.title}, ${benchmark.split}`,
    statistic: 'accuracy lost by permutation, points',
    value: loss.difference,
    low: loss.differenceLow,
    high: loss.differenceHigh,
    claimed: { atMost: SMALL_LOSS },
    detail: `${pInWords(loss.p)} against no loss at all, paired cluster permutation test over ${new Set(original.images).size} images`,
    but: sightless(),
  });

  /** Why a small loss would say nothing: what is not seen cannot be lost with its order. */
  function sightless(): string | undefined {
    const p = Math.max(blindTest(original, blank, seed), blindTest(original, textOnly, seed));
    if (!(p < BLIND_LEVEL))
      return `the model answers no better than without the image (${pInWords(p)}), so the order of its tokens cannot matter`;
    const gained = percent(original.scores) - Math.max(percent(blank.scores), percent(textOnly.scores));
    return gained <= SMALL_LOSS
      ? `seeing the image gains no more than ${gained.toFixed(2)} points here, so no larger loss could show`
      : undefined;
  }
}

import type { Verdict } from '../../records/verdict.js';
import { blindness } from '../blindness.js';
import { decide, pInWords } from '../decide.js';
import { differenceOf, isKnown } from '../estimates.js';
import type { PermutationScores } from './conditions.js';

/** The largest loss that the paper reports (Table 1, GQA), in points: what it calls small. */
const SMALL_LOSS = 2.74;

/** What the permutation test says of claim 1 (insight 1, §3.1): one verdict a model and benchmark. */
export const permutationVerdicts = (tests: readonly PermutationScores[]): readonly Verdict[] =>
  tests.filter(({ original }) => isKnown(original)).map(verdict);

function verdict({ result, permuted, ...sight }: PermutationScores): Verdict {
  const { original } = sight;
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
    but: blindness(sight, seed, SMALL_LOSS, 'the order of its tokens cannot matter'),
  });
}

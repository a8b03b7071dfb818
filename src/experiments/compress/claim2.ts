import type { Verdict } from '../../records/verdict.js';
import { blindFloor, blindness } from '../blindness.js';
import { decide } from '../decide.js';
import { differenceOf, isKnown } from '../estimates.js';
import { percent } from '../scores.js';
import type { CompressedScores, Compression } from './compressions.js';

/** The paper's worst loss from 576 tokens to 1 (§3.2, Figure 2), taken as points. */
export const WORST_LOSS = 8.5;

/** What one token says of claim 2 (insight 2): one verdict a model, benchmark, and way of making one token. */
export const compressionVerdicts = (compressions: readonly Compression[]): Verdict[] =>
  compressions.flatMap(compression =>
    compression.points
      .filter(({ tokens, scores }) => tokens === 1 && isKnown(scores))
      .flatMap(point => verdict(compression, point) ?? []),
  );

function verdict(
  { result, tokens, original, ...blind }: Compression,
  point: CompressedScores,
): Verdict | undefined {
  if (!original) return undefined;
  const { benchmark, seed } = result;
  const loss = differenceOf(original, point.scores, seed);
  const [before, after] = [percent(original.scores), percent(point.scores.scores)];
  return decide(result, {
    claim: 2,
    about: `${benchmark.title} (${benchmark.split}), ${point.made}`,
    statistic: `accuracy lost from ${tokens ?? 'all'} vision tokens to 1, points`,
    value: loss.difference,
    low: loss.differenceLow,
    high: loss.differenceHigh,
    claimed: { atMost: WORST_LOSS },
    detail: `${before.toFixed(2)}% with all tokens, ${after.toFixed(2)}% with one, ${blindFloor(blind).toFixed(2)}% without the image`,
    but: blindness({ original, ...blind }, seed, WORST_LOSS, 'it has nothing to lose with its tokens'),
  });
}

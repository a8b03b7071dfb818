import type { Verdict } from '../../metrics/verdict.js';
import { decide } from '../decide.js';
import { BLIND_LEVEL, blindTest, differenceOf } from '../estimates.js';
import { percent } from '../scores.js';
import type { CompressedScores, Compression } from './scores.js';

/** The paper's worst loss from 576 tokens to 1 (§3.2, Figure 2), taken as points. */
const WORST_LOSS = 8.5;

/** What one token says of claim 2 (insight 2): one verdict a model, benchmark, and way of making one token. */
export const compressionVerdicts = (compressions: readonly Compression[]): Verdict[] =>
  compressions.flatMap(compression =>
    compression.points
      .filter(({ tokens, scores }) => tokens === 1 && !scores.scores.some(Number.isNaN))
      .flatMap(point => verdict(compression, point) ?? []),
  );

function verdict(
  { result, tokens, original, blank, textOnly }: Compression,
  point: CompressedScores,
): Verdict | undefined {
  if (!original) return undefined;
  const { benchmark, seed } = result;
  const loss = differenceOf(original, point.scores, seed);
  const [before, after] = [percent(original.scores), percent(point.scores.scores)];
  const floor = Math.max(percent(blank.scores), percent(textOnly.scores));
  const p = Math.max(blindTest(original, blank, seed), blindTest(original, textOnly, seed));
  return decide(result, {
    claim: 2,
    about: `${benchmark.title} (${benchmark.split}), ${point.made}`,
    statistic: `accuracy lost from ${tokens ?? 'all'} vision tokens to 1, points`,
    value: loss.difference,
    low: loss.differenceLow,
    high: loss.differenceHigh,
    claimed: { atMost: WORST_LOSS },
    detail: `${before.toFixed(2)}% with all tokens, ${after.toFixed(2)}% with one, ${floor.toFixed(2)}% without the image`,
    but: sightless(),
  });

  /** Why a small loss would say nothing: what is not seen cannot be lost. */
  function sightless(): string | undefined {
    if (!(p < BLIND_LEVEL)) {
      return `the model answers no better than without the image (p = ${p.toPrecision(2)}), so it has nothing to lose with its tokens`;
    }
    return before - floor <= WORST_LOSS
      ? `seeing the image gains no more than ${(before - floor).toFixed(2)} points here, so no larger loss could show`
      : undefined;
  }
}

import type { Score, Scorer, Target } from './types.js';

/** A scorer whose score is not known (NaN) where the split's answers are not published, whatever the rule makes of that. */
export const wherePublished =
  (scorer: Scorer): Scorer =>
  (output, target) => ({
    ...scorer(output, target),
    ...(target.targets.length === 0 && { score: Number.NaN }),
  });

/** Answered questions graded anew; NaN where the answers are not published. */
export const rescore = <T extends Target & Score & { readonly output: string }>(
  rows: readonly T[],
  scorer: Scorer,
): T[] => rows.map(row => ({ ...row, ...wherePublished(scorer)(row.output, row) }));

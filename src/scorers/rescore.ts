import type { Score, Scorer, Target } from './types.js';

/** Answered questions graded anew; NaN where the answers are not published. */
export const rescore = <T extends Target & Score & { readonly output: string }>(
  rows: readonly T[],
  scorer: Scorer,
): T[] =>
  rows.map(row => {
    const graded = scorer(row.output, row);
    return { ...row, ...graded, ...(row.targets.length === 0 && { score: Number.NaN }) };
  });

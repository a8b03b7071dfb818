export interface McNemar {
  /** Questions. */
  readonly n: number;
  /** Questions that only a answered correctly. */
  readonly onlyA: number;
  /** Questions that only b answered correctly. */
  readonly onlyB: number;
  readonly p: number;
}

/**
 * McNemar's exact test, two-sided: the discordant questions against Binomial(onlyA + onlyB, 1/2). It takes questions for
 * independent, which questions on one image are not: a secondary number beside `pairedClusterTest`, to be called so.
 * @param aCorrect boolean[n]
 * @param bCorrect boolean[n], on the same questions
 */
export function mcnemar(aCorrect: readonly boolean[], bCorrect: readonly boolean[]): McNemar {
  if (aCorrect.length !== bCorrect.length)
    throw new RangeError(`mcnemar: ${aCorrect.length} answers against ${bCorrect.length}`);
  let onlyA = 0;
  let onlyB = 0;
  for (const [i, a] of aCorrect.entries()) {
    const b = bCorrect[i]!;
    if (a && !b) onlyA++;
    if (b && !a) onlyB++;
  }
  return { n: aCorrect.length, onlyA, onlyB, p: binomialTest(Math.min(onlyA, onlyB), onlyA + onlyB) };
}

/** Twice the lower tail P(X ≤ k) of Binomial(n, 1/2), k ≤ n / 2, at most 1; in logarithms, as 2^-n vanishes for large n. */
function binomialTest(k: number, n: number): number {
  if (2 * k === n) return 1;
  let logChoose = 0;
  for (let i = 1; i <= k; i++) logChoose += Math.log((n - k + i) / i);
  // The tail in units of its largest term P(X = k): each next term is i / (n - i + 1) of the one before.
  let tail = 0;
  for (let i = k, term = 1; i >= 0 && term > 0; i--) {
    tail += term;
    term *= i / (n - i + 1);
  }
  return Math.min(1, 2 * tail * Math.exp(logChoose - n * Math.LN2));
}

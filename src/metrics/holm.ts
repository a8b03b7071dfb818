/**
 * Holm's step-down adjustment (Holm 1979) for several tests read together: the k-th smallest of m p-values times
 * m − k + 1, never falling below the one before, at most 1. Comparing an adjusted p with α bounds the chance of any false
 * rejection by α, whatever the tests' dependence.
 * @param pValues float[m]
 * @returns float[m], in the order given
 */
export function holm(pValues: readonly number[]): number[] {
  const adjusted = new Array<number>(pValues.length);
  const order = pValues.map((_, i) => i).sort((i, j) => pValues[i]! - pValues[j]!);
  let largest = 0;
  for (const [rank, i] of order.entries()) {
    largest = Math.max(largest, Math.min(1, pValues[i]! * (pValues.length - rank)));
    adjusted[i] = largest;
  }
  return adjusted;
}

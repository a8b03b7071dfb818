/** Added to every probability before the logarithm, then renormalised, as in the authors' released code. */
const FLOOR = 1e-10;

/**
 * Normalised attention entropy (paper, §7.2 and Table 4): p = a / Σa, + 1e-10, renormalised; −Σ p log₂ p / log₂ N.
 * 1 for even attention, near 0 for all of it on one token. RangeError on fewer than two tokens (log₂ 1 = 0 leaves it
 * undefined), a negative or non-finite weight, or no attention at all.
 * @param attention float[N], the weights of the N vision tokens, not necessarily summing to 1
 */
export function entropy(attention: ArrayLike<number>): number {
  const tokens = attention.length;
  if (tokens < 2) throw new RangeError(`entropy: needs at least two tokens, got ${tokens}`);
  let total = 0;
  for (let i = 0; i < tokens; i++) {
    const weight = attention[i]!;
    if (!(weight >= 0 && weight < Infinity)) throw new RangeError(`entropy: weight ${i} is ${weight}`);
    total += weight;
  }
  if (total === 0) throw new RangeError('entropy: all weights are 0');
  const scale = 1 + tokens * FLOOR;
  let bits = 0;
  for (let i = 0; i < tokens; i++) {
    const p = (attention[i]! / total + FLOOR) / scale;
    bits -= p * Math.log2(p);
  }
  return bits / Math.log2(tokens);
}

/**
 * Quantiles by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, NumPy's default).
 * NaN for every probability where there are no values; RangeError on NaN among the values or a probability outside
 * [0, 1].
 * @param values float[n], in any order
 * @param probabilities float[m]
 * @returns float[m]
 */
export function quantiles(values: ArrayLike<number>, probabilities: readonly number[]): number[] {
  const sorted = Float64Array.from(values).sort();
  if (Number.isNaN(sorted.at(-1))) throw new RangeError('quantiles: a value is NaN');
  return probabilities.map(probability => {
    if (!(probability >= 0 && probability <= 1))
      throw new RangeError(`quantiles: probability ${probability}`);
    if (sorted.length === 0) return Number.NaN;
    const position = probability * (sorted.length - 1);
    const below = sorted[Math.floor(position)]!;
    const above = sorted[Math.ceil(position)]!;
    if (below === above) return below;
    // Rounding must not carry it past the value above.
    return Math.min(above, below + (above - below) * (position - Math.floor(position)));
  });
}

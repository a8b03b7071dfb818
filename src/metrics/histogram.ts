export interface HistogramOptions {
  readonly bins: number;
  /** Bins of equal width in log₁₀; values that are not positive count as `below`. */
  readonly log?: boolean;
  /** First and last edge; the range of the values where not given. Fix it to add histograms of several images. */
  readonly range?: readonly [number, number];
}

export interface Histogram {
  /** float[bins + 1], rising. */
  readonly edges: readonly number[];
  /** Values with edges[i] ≤ value < edges[i + 1]; the last bin holds its upper edge too, as NumPy's. */
  readonly counts: readonly number[];
  /** Values below the first edge. */
  readonly below: number;
  /** Values above the last edge. */
  readonly above: number;
}

/** Counts of values per bin (Figure 3's norms, log scale). RangeError where there is no range to divide, or on NaN. */
export function histogram(
  values: ArrayLike<number>,
  { bins, log = false, range }: HistogramOptions,
): Histogram {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`histogram: ${bins} bins`);
  const edges = edgesOf(range ?? rangeOf(values, log), bins, log);
  const counts = new Array<number>(bins).fill(0);
  let below = 0;
  let above = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) throw new RangeError(`histogram: value ${i} is NaN`);
    if (value < edges[0]!) below++;
    else if (value > edges[bins]!) above++;
    else counts[binOf(value, edges)]!++;
  }
  return { edges, counts, below, above };
}

function rangeOf(values: ArrayLike<number>, log: boolean): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (log && value <= 0) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  // A single value still gets a bin around it: half a unit (or half a decade) on either side.
  if (low === high) return log ? [low / Math.sqrt(10), high * Math.sqrt(10)] : [low - 0.5, high + 0.5];
  return [low, high];
}

function edgesOf([low, high]: readonly [number, number], bins: number, log: boolean): number[] {
  if (!(low < high && Number.isFinite(low) && Number.isFinite(high)) || (log && low <= 0))
    throw new RangeError(`histogram: cannot divide ${low} to ${high} into ${log ? 'log ' : ''}bins`);
  return Array.from({ length: bins + 1 }, (_, i) => {
    // The ends are exact, whatever the logarithm rounds.
    if (i === 0) return low;
    if (i === bins) return high;
    const share = i / bins;
    return log
      ? 10 ** (Math.log10(low) * (1 - share) + Math.log10(high) * share)
      : low + (high - low) * share;
  });
}

/** The last bin whose lower edge is not above the value, by bisection. */
function binOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

import { histogram } from './histogram.js';

/** Bins a decade: what is read from counts is off by less than a bin's width, 10^(1/200) − 1 = 1.2 %. */
const PER_DECADE = 200;
const RANGE = [1e-4, 1e5] as const;
const DECADES = 9;

/**
 * Counts of positive values on one fixed grid over 10⁻⁴ to 10⁵, so that those of several images add up; only bins that hold
 * something. Bin −1 counts what lies below the grid (zeros too), bin 1800 what lies above.
 */
export interface LogCounts {
  /** Rising. */
  readonly bins: readonly number[];
  readonly counts: readonly number[];
}

/** Counts of values. RangeError on NaN. */
export function logCounts(values: ArrayLike<number>): LogCounts {
  const size = PER_DECADE * DECADES;
  const { counts, below, above } = histogram(values, { bins: size, log: true, range: RANGE });
  const all = [below, ...counts, above].map((count, i) => ({ bin: i - 1, count }));
  const held = all.filter(({ count }) => count > 0);
  return { bins: held.map(({ bin }) => bin), counts: held.map(({ count }) => count) };
}

/** The sum of several counts. */
export function addLogCounts(parts: readonly LogCounts[]): LogCounts {
  const sums = new Map<number, number>();
  for (const { bins, counts } of parts) {
    bins.forEach((bin, i) => {
      sums.set(bin, (sums.get(bin) ?? 0) + counts[i]!);
    });
  }
  const bins = [...sums.keys()].sort((a, b) => a - b);
  return { bins, counts: bins.map(bin => sums.get(bin)!) };
}

/**
 * A quantile of counted values, to within a bin's width (1.2 %) of the values' own; NaN of none. Within a bin values are
 * taken to lie evenly on the log scale; of those beyond the grid no more is known than its end.
 */
export function quantileOfCounts(
  bins: readonly number[],
  counts: ArrayLike<number>,
  probability: number,
): number {
  let total = 0;
  for (let i = 0; i < bins.length; i++) total += counts[i]!;
  let before = 0;
  for (let i = 0; i < bins.length; i++) {
    const count = counts[i]!;
    if (count > 0 && before + count >= probability * total) {
      return lowerEdge(bins[i]! + (probability * total - before) / count);
    }
    before += count;
  }
  return Number.NaN;
}

/** A bin of a coarser grid. */
interface CoarseBin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** The counts in bins of `perDecade` a decade (a divisor of 200), from the first that holds something to the last. */
export function coarser({ bins, counts }: LogCounts, perDecade: number): CoarseBin[] {
  const step = PER_DECADE / perDecade;
  const last = PER_DECADE * DECADES - 1;
  const place = (bin: number) => Math.floor(Math.min(Math.max(bin, 0), last) / step);
  const sums = new Map<number, number>();
  bins.forEach((bin, i) => {
    sums.set(place(bin), (sums.get(place(bin)) ?? 0) + counts[i]!);
  });
  const [low, high] = [Math.min(...sums.keys()), Math.max(...sums.keys())];
  return Array.from({ length: sums.size === 0 ? 0 : high - low + 1 }, (_, i) => ({
    from: lowerEdge((low + i) * step),
    to: lowerEdge((low + i + 1) * step),
    count: sums.get(low + i) ?? 0,
  }));
}

/** Lower edge of a bin, which may be a fraction; no further than the grid's ends. */
const lowerEdge = (bin: number): number =>
  RANGE[0] * 10 ** (Math.min(Math.max(bin, 0), PER_DECADE * DECADES) / PER_DECADE);

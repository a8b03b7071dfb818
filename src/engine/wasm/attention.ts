import { MASKED } from '../masked.js';

/** A stretch of keys and values, each [rows, length, head width]. */
interface Stretch {
  readonly length: number;
  readonly rows: number;
  readonly keys: Float32Array;
  readonly values: Float32Array;
}

interface Attention {
  /** [rows, queries, head width]: rows are heads, or heads of each of a batch in turn. */
  readonly shape: readonly [number, number, number];
  readonly queries: Float32Array;
  readonly stretches: readonly Stretch[];
  /** [queries, keys], or as many of those as there are in the batch; null for none. */
  readonly bias: Float32Array | null;
  /** Whether query i sees only keys up to its own, the queries being the last of the keys. */
  readonly causal: boolean;
  /** Written: as the queries. */
  readonly context: Float32Array;
  /** Written: [rows, queries, keys]. */
  readonly probabilities: Float32Array | null;
}

/** A bias this low leaves a key no weight that float32 could hold. */
const UNSEEN = MASKED / 2;

/**
 * softmax(q·k/√d + bias)·v, query by query over the keys that it sees: where many questions lie side by side, most keys of
 * the bias are another question's, and cost nothing here. Sums are in double precision.
 */
export function weighRows(job: Attention): void {
  const { shape, stretches, bias, causal, probabilities } = job;
  const [rows, queries, width] = shape;
  const keys = stretches.reduce((n, { length }) => n + length, 0);
  const batch = bias ? bias.length / (queries * keys) : 1;
  const heads = rows / batch;
  const seen = new Int32Array(keys);
  const weights = new Float64Array(keys);
  const query = new Float64Array(width);
  const sums = new Float64Array(width);
  const scale = 1 / Math.sqrt(width);
  probabilities?.fill(0);

  for (let b = 0; b < batch; b++) {
    for (let q = 0; q < queries; q++) {
      const biasRow = bias ? (b * queries + q) * keys : -1;
      const end = causal ? keys - queries + q + 1 : keys;
      const count = visible(seen, bias, biasRow, end);
      const parts = partsOf(stretches, seen, count);
      for (let head = 0; head < heads; head++) {
        const row = b * heads + head;
        const at = (row * queries + q) * width;
        for (let i = 0; i < width; i++) query[i] = job.queries[at + i]! * scale;
        for (const part of parts) score(weights, query, seen, part, firstOf(part, row, rows));
        softmax(weights, count, seen, bias, biasRow);
        sums.fill(0);
        for (const part of parts) gather(sums, weights, seen, part, firstOf(part, row, rows));
        for (let i = 0; i < width; i++) job.context[at + i] = sums[i]!;
        if (probabilities) {
          const out = (row * queries + q) * keys;
          for (let n = 0; n < count; n++) probabilities[out + seen[n]!] = weights[n]!;
        }
      }
    }
  }
}

/** Fills `seen` with the keys before `end` that the bias lets be seen, all of them where it hides every one; their number. */
function visible(seen: Int32Array, bias: Float32Array | null, biasRow: number, end: number): number {
  let count = 0;
  if (bias) for (let k = 0; k < end; k++) if (bias[biasRow + k]! > UNSEEN) seen[count++] = k;
  if (count === 0) while (count < end) seen[count] = count++;
  return count;
}

/** The seen keys of one stretch: those from `from` to `to`, of keys that `before` others stand in front of. */
interface Part {
  readonly stretch: Stretch;
  readonly from: number;
  readonly to: number;
  readonly before: number;
}

function partsOf(stretches: readonly Stretch[], seen: Int32Array, count: number): Part[] {
  let before = 0;
  let from = 0;
  return stretches.map(stretch => {
    let to = from;
    while (to < count && seen[to]! < before + stretch.length) to++;
    const part = { stretch, from, to, before };
    before += stretch.length;
    from = to;
    return part;
  });
}

/** Where a part's keys and values begin for a row, counted in keys from the first of all stretches. */
const firstOf = ({ stretch, before }: Part, row: number, rows: number): number =>
  Math.floor((row * stretch.rows) / rows) * stretch.length - before;

/** weights[n] = query · key seen[n]. */
function score(
  weights: Float64Array,
  query: Float64Array,
  seen: Int32Array,
  { stretch: { keys }, from, to }: Part,
  first: number,
): void {
  const width = query.length;
  for (let n = from; n < to; n++) {
    let at = (first + seen[n]!) * width;
    let even = 0;
    let odd = 0;
    for (let i = 1; i < width; i += 2) {
      even += query[i - 1]! * keys[at++]!;
      odd += query[i]! * keys[at++]!;
    }
    if (width % 2 === 1) even += query[width - 1]! * keys[at]!;
    weights[n] = even + odd;
  }
}

/** Softmax of weights + bias over the seen keys, in place. */
function softmax(
  weights: Float64Array,
  count: number,
  seen: Int32Array,
  bias: Float32Array | null,
  biasRow: number,
): void {
  let top = -Infinity;
  for (let n = 0; n < count; n++) {
    if (bias) weights[n]! += bias[biasRow + seen[n]!]!;
    if (weights[n]! > top) top = weights[n]!;
  }
  let sum = 0;
  for (let n = 0; n < count; n++) sum += weights[n] = Math.exp(weights[n]! - top);
  for (let n = 0; n < count; n++) weights[n]! /= sum;
}

/** sums += Σ weights[n] · value seen[n]. */
function gather(
  sums: Float64Array,
  weights: Float64Array,
  seen: Int32Array,
  { stretch: { values }, from, to }: Part,
  first: number,
): void {
  const width = sums.length;
  let n = from;
  for (; n + 1 < to; n += 2) {
    const [at, then] = [(first + seen[n]!) * width, (first + seen[n + 1]!) * width];
    const [one, two] = [weights[n]!, weights[n + 1]!];
    for (let i = 0; i < width; i++) sums[i]! += one * values[at + i]! + two * values[then + i]!;
  }
  if (n < to) {
    const at = (first + seen[n]!) * width;
    for (let i = 0; i < width; i++) sums[i]! += weights[n]! * values[at + i]!;
  }
}

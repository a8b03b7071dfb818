import * as tf from '@tensorflow/tfjs-core';
import { MASKED } from './masked.js';
import { type Linear, linear } from './ops.js';

/**
 * One tensor per group of heads, each [batch · heads in the group, tokens, head width].
 *
 * Most backends hold all heads in one group. On wasm every head is a group of its own, since that backend is fast for
 * plain two-dimensional products only, and slicing heads out of a wider tensor copies all of it.
 */
export type Heads = readonly tf.Tensor3D[];

/** A projection into heads: one linear layer per group. */
export type HeadProjection = readonly Linear[];

/** Keys and values of a stretch of tokens in one layer. */
export interface KeysValues {
  /** As attention multiplies them: [heads, tokens, width], on wasm already transposed to [1, width, tokens]. */
  readonly keys: Heads;
  readonly values: Heads;
}

/** Which keys a query may see. */
export type AttentionMask =
  | { readonly kind: 'all' }
  /** Query i of the last segment sees every key up to its own position. */
  | { readonly kind: 'causal' }
  /** Added to the logits: [queries, keys], or [batch, 1, queries, keys]. */
  | { readonly kind: 'bias'; readonly bias: tf.Tensor };

/** Rotation angles of a stretch of tokens: cosines and sines [tokens, head width] (or [batch, 1, tokens, head width]). */
export interface Rotary {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** [head width, head width]: x·halfTurn = (−second half of x, first half of x). */
  readonly halfTurn: tf.Tensor2D;
}

/** Queries per block of a longer stretch, so that logits never stand in memory for all queries at once. */
const QUERY_BLOCK = 128;

const headsApart = (): boolean => tf.getBackend() === 'wasm';

/** How many heads one group holds on the current backend, of `heads` in all. */
export const headsPerGroup = (heads: number): number => (headsApart() ? 1 : heads);

/** x [batch · tokens, width] → heads. */
export function projectHeads(x: tf.Tensor2D, projection: HeadProjection, headDim: number, batch = 1): Heads {
  const tokens = x.shape[0] / batch;
  return projection.map(group => {
    const heads = group.kernel.shape[1] / headDim;
    const flat = linear(x, group);
    if (heads === 1 && batch === 1) return tf.reshape(flat, [1, tokens, headDim]);
    const apart = tf.transpose(tf.reshape(flat, [batch, tokens, heads, headDim]), [0, 2, 1, 3]);
    return tf.reshape(apart, [batch * heads, tokens, headDim]);
  });
}

/** Heads → [batch · tokens, heads · head width], heads in order. */
export function joinHeads(heads: Heads, batch = 1): tf.Tensor2D {
  const flat = heads.map(group => {
    const [rows, tokens, headDim] = group.shape;
    const count = rows / batch;
    if (count === 1 && batch === 1) return tf.reshape<tf.Rank.R2>(group, [tokens, headDim]);
    const together = tf.transpose(tf.reshape(group, [batch, count, tokens, headDim]), [0, 2, 1, 3]);
    return tf.reshape<tf.Rank.R2>(together, [batch * tokens, count * headDim]);
  });
  return flat.length === 1 ? flat[0]! : tf.concat(flat, 1);
}

/**
 * Rotary position embedding with half-split pairs (Su et al. 2024 as LLaMA builds it): x·cos + halfTurn(x)·sin.
 * The half turn is a product with a signed permutation, exact in float32 and fast on every backend.
 */
export function rotate(heads: Heads, { cos, sin, halfTurn }: Rotary): Heads {
  return heads.map(group => {
    const [rows, tokens, headDim] = group.shape;
    const turned = tf.matMul(tf.reshape<tf.Rank.R2>(group, [rows * tokens, headDim]), halfTurn);
    const shape =
      cos.rank === 4 ? [cos.shape[0]!, rows / cos.shape[0]!, tokens, headDim] : [rows, tokens, headDim];
    const sum = tf.add(tf.mul(tf.reshape(group, shape), cos), tf.mul(tf.reshape(turned, shape), sin));
    return tf.reshape<tf.Rank.R3>(sum, [rows, tokens, headDim]);
  });
}

/**
 * Angles of rotary position embedding for tokens at `positions`: position · theta^(−2i/d), i < d/2, both halves alike.
 * Tensors are [tokens, headDim].
 */
export function rotaryAt(positions: readonly number[], headDim: number, theta: number): Rotary {
  const half = headDim / 2;
  const cos = new Float32Array(positions.length * headDim);
  const sin = new Float32Array(positions.length * headDim);
  positions.forEach((position, row) => {
    for (let i = 0; i < half; i++) {
      // float32 as the reference computes it: the frequency, then the angle.
      const angle = Math.fround(Math.fround(position) * Math.fround(theta ** ((-2 * i) / headDim)));
      const at = row * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = sin[at + half] = Math.sin(angle);
    }
  });
  const turn = new Float32Array(headDim * headDim);
  for (let i = 0; i < half; i++) {
    turn[(i + half) * headDim + i] = -1;
    turn[i * headDim + i + half] = 1;
  }
  return {
    cos: tf.tensor2d(cos, [positions.length, headDim]),
    sin: tf.tensor2d(sin, [positions.length, headDim]),
    halfTurn: tf.tensor2d(turn, [headDim, headDim]),
  };
}

/** Keys as attention multiplies them on this backend. */
export const prepareKeys = (keys: Heads): Heads =>
  headsApart() ? keys.map(group => tf.transpose(group, [0, 2, 1])) : keys;

const tokensOf = (segment: KeysValues): number => segment.values[0]!.shape[1];

/** Joins stretches of keys and values, in order, into one. */
export function joinKeysValues(segments: readonly KeysValues[]): KeysValues {
  const axis = headsApart() ? 2 : 1;
  const join = (pick: (s: KeysValues) => Heads, along: number): Heads =>
    pick(segments[0]!).map((_, g) =>
      tf.concat(
        segments.map(s => pick(s)[g]!),
        along,
      ),
    );
  return { keys: join(s => s.keys, axis), values: join(s => s.values, 1) };
}

/**
 * Scaled dot-product attention of queries over the keys and values of several stretches of tokens, in order.
 * Key/value heads may be fewer than query heads (grouped heads). `onProbabilities` is given the attention
 * probabilities [heads, queries, keys] (batch 1) before they are used; asking for them gives up the causal blocks.
 */
export function attend(
  queries: Heads,
  segments: readonly KeysValues[],
  mask: AttentionMask,
  batch = 1,
  onProbabilities?: (probabilities: tf.Tensor3D) => void,
): Heads {
  const lengths = segments.map(tokensOf);
  const keyCount = lengths.reduce((a, b) => a + b, 0);
  const queryCount = queries[0]!.shape[1];
  if (queryCount > QUERY_BLOCK && batch === 1 && !headsApart() && !onProbabilities) {
    if (mask.kind === 'causal') return attendInCausalBlocks(queries, segments, keyCount - queryCount);
    if (mask.kind === 'bias' && mask.bias.rank === 2) {
      const { bias } = mask;
      return blockByBlock(queries, (block, start, size) =>
        attend(block, segments, { kind: 'bias', bias: tf.slice(bias, [start, 0], [size, -1]) }),
      );
    }
  }
  const bias =
    mask.kind === 'all' ? null : mask.kind === 'bias' ? mask.bias : causalBias(queryCount, keyCount);
  const rows = queries[0]!.shape[0];
  if (batch > 1 && !headsApart() && !onProbabilities && segments[0]!.keys[0]!.shape[0] === rows) {
    const { keys, values } = segments.length === 1 ? segments[0]! : joinKeysValues(segments);
    return queries.map((group, g) => attendJoined(group, keys[g]!, values[g]!, bias, batch));
  }
  const seen: tf.Tensor3D[] = [];
  const perKey = queries.length / segments[0]!.keys.length;
  const out = queries.map((group, g) => {
    const [context, ...kept] = tf.tidy((): [tf.Tensor3D, ...tf.Tensor3D[]] => {
      const probabilities = tf.softmax(
        biased(logitsOf(group, segments, Math.floor(g / perKey)), group, bias, batch),
      );
      const context = weigh(probabilities, group, segments, lengths, Math.floor(g / perKey));
      return onProbabilities ? [context, probabilities] : [context];
    });
    seen.push(...kept);
    return context;
  });
  if (onProbabilities) onProbabilities(seen.length === 1 ? seen[0]! : tf.concat(seen, 0));
  return out;
}

/**
 * Attention of one group of heads over one stretch of as many, with its own gradient, which passes over the
 * probabilities P once instead of four times: for dC of the context C, P ∘ (dC·Vᵀ − rows of Σ dC ∘ C) are the logits'
 * gradients (Dao et al. 2022), and the subtraction is one more column of the product.
 */
function attendJoined(
  queries: tf.Tensor3D,
  keys: tf.Tensor3D,
  values: tf.Tensor3D,
  bias: tf.Tensor | null,
  batch: number,
): tf.Tensor3D {
  const scale = 1 / Math.sqrt(queries.shape[2]);
  return tf.customGrad((...args) => {
    const [queries, keys, values, save] = args as unknown as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.GradSaveFunc,
    ];
    const scaled = tf.mul<tf.Tensor3D>(queries, scale);
    const logits = tf.matMul<tf.Tensor3D>(scaled, keys, false, true);
    const probabilities = tf.softmax(biased(logits, queries, bias, batch));
    const context = tf.matMul<tf.Tensor3D>(probabilities, values);
    save([scaled, keys, values, probabilities, context]);
    const gradFunc = (dy: tf.Tensor3D, saved: tf.Tensor[]) => {
      const [scaled, keys, values, probabilities, context] = saved as tf.Tensor3D[];
      const own = tf.neg(tf.sum(tf.mul(dy, context!), -1, true));
      const ones = tf.ones([values!.shape[0], values!.shape[1], 1]) as tf.Tensor3D;
      const product = tf.matMul(
        tf.concat([dy, own as tf.Tensor3D], 2),
        tf.concat([values!, ones], 2),
        false,
        true,
      );
      const dLogits = tf.mul(probabilities!, product);
      return [
        tf.mul(tf.matMul(dLogits, keys!), scale),
        tf.matMul(dLogits, scaled!, true),
        tf.matMul(probabilities!, dy, true),
      ];
    };
    return { value: context, gradFunc };
  })(queries, keys, values);
}

/** [heads of the group, queries, keys], scaled by 1/√(head width). */
function logitsOf(group: tf.Tensor3D, segments: readonly KeysValues[], keyGroup: number): tf.Tensor3D {
  const [rows, queries, headDim] = group.shape;
  const scaled = tf.mul(group, 1 / Math.sqrt(headDim));
  const parts = segments.map(segment => {
    const keys = segment.keys[keyGroup]!;
    // Query heads that share a key head lie side by side: as further rows of the same product.
    const shared = tf.reshape(scaled, [keys.shape[0], (rows / keys.shape[0]) * queries, headDim]);
    const product = tf.matMul(shared, keys, false, !headsApart());
    return tf.reshape<tf.Rank.R3>(product, [rows, queries, tokensOf(segment)]);
  });
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 2);
}

function biased(logits: tf.Tensor3D, group: tf.Tensor3D, bias: tf.Tensor | null, batch: number): tf.Tensor3D {
  if (!bias) return logits;
  if (bias.rank !== 4) return tf.add(logits, bias);
  const [rows, queries, keys] = logits.shape;
  const apart = tf.reshape(logits, [batch, group.shape[0] / batch, queries, keys]);
  return tf.reshape<tf.Rank.R3>(tf.add(apart, bias), [rows, queries, keys]);
}

function weigh(
  probabilities: tf.Tensor3D,
  group: tf.Tensor3D,
  segments: readonly KeysValues[],
  lengths: readonly number[],
  keyGroup: number,
): tf.Tensor3D {
  const [rows, queries, headDim] = group.shape;
  const shares = segments.length === 1 ? [probabilities] : tf.split(probabilities, [...lengths], 2);
  const sums = segments.map((segment, s) => {
    const values = segment.values[keyGroup]!;
    const shared = tf.reshape(shares[s]!, [values.shape[0], (rows / values.shape[0]) * queries, lengths[s]!]);
    return tf.reshape<tf.Rank.R3>(tf.matMul(shared, values), [rows, queries, headDim]);
  });
  return sums.reduce((a, b) => tf.add(a, b));
}

/** Additive mask [queries, keys]: the queries are the last of the keys, each sees the keys up to itself. */
function causalBias(queries: number, keys: number): tf.Tensor2D {
  const bias = new Float32Array(queries * keys);
  for (let q = 0; q < queries; q++) bias.fill(MASKED, q * keys + keys - queries + q + 1, (q + 1) * keys);
  return tf.tensor2d(bias, [queries, keys]);
}

/** Causal attention block by block of queries, each against the keys up to its end: half the products of the whole. */
function attendInCausalBlocks(queries: Heads, segments: readonly KeysValues[], before: number): Heads {
  const { keys, values } = segments.length === 1 ? segments[0]! : joinKeysValues(segments);
  return blockByBlock(queries, (block, start, size) => {
    const end = before + start + size;
    const visible = { keys: takeTokens(keys, 0, end), values: takeTokens(values, 0, end) };
    return attend(block, [visible], { kind: 'bias', bias: causalBias(size, end) });
  });
}

const takeTokens = (heads: Heads, start: number, size: number): tf.Tensor3D[] =>
  heads.map(h => tf.slice(h, [0, start, 0], [h.shape[0], size, h.shape[2]]));

function blockByBlock(queries: Heads, attendTo: (block: Heads, start: number, size: number) => Heads): Heads {
  const total = queries[0]!.shape[1];
  const blocks: Heads[] = [];
  for (let start = 0; start < total; start += QUERY_BLOCK) {
    const size = Math.min(QUERY_BLOCK, total - start);
    blocks.push(tf.tidy(() => [...attendTo(takeTokens(queries, start, size), start, size)]));
  }
  const group = (g: number) => blocks.map(block => block[g]!);
  return queries.map((_, g) => tf.concat(group(g), 1));
}

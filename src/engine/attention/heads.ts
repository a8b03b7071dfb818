import * as tf from '@tensorflow/tfjs-core';
import { type Linear, linear } from '../ops.js';

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

/** Whether attention is computed a head at a time: what the wasm engine needs. */
export const headsApart = (): boolean => tf.getBackend() === 'wasm';

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

/** Keys as attention multiplies them on this backend. */
export const prepareKeys = (keys: Heads): Heads =>
  headsApart() ? keys.map(group => tf.transpose(group, [0, 2, 1])) : keys;

/** Tokens of a stretch. */
export const tokensOf = (segment: KeysValues): number => segment.values[0]!.shape[1];

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

import * as tf from '@tensorflow/tfjs-core';
import { type Linear, linear } from '../ops.js';
import { hasKernels, joinHeadsKernel, splitHeadsKernel } from '../wasm/kernels.js';

/**
 * One tensor per group of heads, each [batch · heads in the group, tokens, head width]. */
export type Heads = readonly tf.Tensor3D[];

/** A projection into heads: one linear layer per group. */
export type HeadProjection = readonly Linear[];

/** Keys and values of a stretch of tokens in one layer. */
export interface KeysValues {
  readonly keys: Heads;
  readonly values: Heads;
}

/** How many heads one group holds, of `heads` in all. */
export const headsPerGroup = (heads: number): number => heads;

/** x [batch · tokens, width] → heads. */
export function projectHeads(x: tf.Tensor2D, projection: HeadProjection, headDim: number, batch = 1): Heads {
  const tokens = x.shape[0] / batch;
  return projection.map(group => {
    const heads = group.kernel.shape[1] / headDim;
    const flat = linear(x, group);
    if (hasKernels()) return splitHeadsKernel(flat, headDim, batch);
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
    if (hasKernels()) return joinHeadsKernel(group, batch);
    if (count === 1 && batch === 1) return tf.reshape<tf.Rank.R2>(group, [tokens, headDim]);
    const together = tf.transpose(tf.reshape(group, [batch, count, tokens, headDim]), [0, 2, 1, 3]);
    return tf.reshape<tf.Rank.R2>(together, [batch * tokens, count * headDim]);
  });
  return flat.length === 1 ? flat[0]! : tf.concat(flat, 1);
}

/** Tokens of a stretch. */
export const tokensOf = (segment: KeysValues): number => segment.values[0]!.shape[1];

/** Joins stretches of keys and values, in order, into one. */
export function joinKeysValues(segments: readonly KeysValues[]): KeysValues {
  const join = (pick: (s: KeysValues) => Heads): Heads =>
    pick(segments[0]!).map((_, g) =>
      tf.concat(
        segments.map(s => pick(s)[g]!),
        1,
      ),
    );
  return { keys: join(s => s.keys), values: join(s => s.values) };
}

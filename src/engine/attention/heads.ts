import * as tf from '@tensorflow/tfjs-core';
import { type Linear, linear } from '../ops.js';
import { hasKernels, joinHeadsKernel, splitHeadsKernel } from '../wasm/kernels.js';
import type { KeysValues } from './types.js';

/** x [batch · tokens, width] → heads [batch · heads, tokens, head width], of a layer whose outputs are heads side by side. */
export function projectHeads(x: tf.Tensor2D, projection: Linear, headDim: number, batch = 1): tf.Tensor3D {
  const tokens = x.shape[0] / batch;
  const heads = projection.kernel.shape[1] / headDim;
  const flat = linear(x, projection);
  if (hasKernels()) return splitHeadsKernel(flat, headDim, batch);
  if (heads === 1 && batch === 1) return tf.reshape(flat, [1, tokens, headDim]);
  const apart = tf.transpose(tf.reshape(flat, [batch, tokens, heads, headDim]), [0, 2, 1, 3]);
  return tf.reshape(apart, [batch * heads, tokens, headDim]);
}

/** Heads [batch · heads, tokens, head width] → [batch · tokens, heads · head width]. */
export function joinHeads(heads: tf.Tensor3D, batch = 1): tf.Tensor2D {
  const [rows, tokens, headDim] = heads.shape;
  const count = rows / batch;
  if (hasKernels()) return joinHeadsKernel(heads, batch);
  if (count === 1 && batch === 1) return tf.reshape<tf.Rank.R2>(heads, [tokens, headDim]);
  const together = tf.transpose(tf.reshape(heads, [batch, count, tokens, headDim]), [0, 2, 1, 3]);
  return tf.reshape<tf.Rank.R2>(together, [batch * tokens, count * headDim]);
}

/** Tokens of a stretch. */
export const tokensOf = (segment: KeysValues): number => segment.values.shape[1];

/** Joins stretches of keys and values, in order, into one. */
export function joinKeysValues(segments: readonly KeysValues[]): KeysValues {
  const [only] = segments;
  if (segments.length === 1) return only!;
  return {
    keys: tf.concat(
      segments.map(({ keys }) => keys),
      1,
    ),
    values: tf.concat(
      segments.map(({ values }) => values),
      1,
    ),
  };
}

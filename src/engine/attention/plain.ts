import * as tf from '@tensorflow/tfjs-core';
import { MASKED } from '../masked.js';
import { tokensOf } from './heads.js';
import type { KeysValues } from './types.js';

/**
 * Attention by its definition, softmax(q·k/√d + bias)·v, of queries over the keys and values of several stretches of
 * tokens, in order (Vaswani et al. 2017). Key/value heads may be fewer than query heads (grouped heads). The fast paths
 * beside this file are tested against it.
 * @param bias added to the logits: [queries, keys], or [batch, 1, queries, keys]; null for none
 * @param onProbabilities is given the attention probabilities [heads, queries, keys] (batch 1) before they are used
 */
export function attendPlainly(
  queries: tf.Tensor3D,
  segments: readonly KeysValues[],
  bias: tf.Tensor | null,
  batch = 1,
  onProbabilities?: (probabilities: tf.Tensor3D) => void,
): tf.Tensor3D {
  const [context, ...seen] = tf.tidy((): [tf.Tensor3D, ...tf.Tensor3D[]] => {
    const probabilities = tf.softmax(biased(logitsOf(queries, segments), queries, bias, batch));
    const context = weigh(probabilities, queries, segments);
    return onProbabilities ? [context, probabilities] : [context];
  });
  onProbabilities?.(seen[0]!);
  return context;
}

/** [heads, queries, keys], scaled by 1/√(head width). */
function logitsOf(heads: tf.Tensor3D, segments: readonly KeysValues[]): tf.Tensor3D {
  const [rows, queries, headDim] = heads.shape;
  const scaled = tf.mul(heads, 1 / Math.sqrt(headDim));
  const parts = segments.map(segment => {
    const { keys } = segment;
    // Query heads that share a key head lie side by side: as further rows of the same product.
    const shared = tf.reshape(scaled, [keys.shape[0], (rows / keys.shape[0]) * queries, headDim]);
    const product = tf.matMul(shared, keys, false, true);
    return tf.reshape<tf.Rank.R3>(product, [rows, queries, tokensOf(segment)]);
  });
  return parts.length === 1 ? parts[0]! : tf.concat(parts, 2);
}

/** Logits [heads, queries, keys] with a bias of [queries, keys] or [batch, 1, queries, keys]. */
export function biased(
  logits: tf.Tensor3D,
  heads: tf.Tensor3D,
  bias: tf.Tensor | null,
  batch: number,
): tf.Tensor3D {
  if (!bias) return logits;
  if (bias.rank !== 4) return tf.add(logits, bias);
  const [rows, queries, keys] = logits.shape;
  const apart = tf.reshape(logits, [batch, heads.shape[0] / batch, queries, keys]);
  return tf.reshape<tf.Rank.R3>(tf.add(apart, bias), [rows, queries, keys]);
}

/** Values weighed by probabilities: [heads, queries, head width]. */
function weigh(probabilities: tf.Tensor3D, heads: tf.Tensor3D, segments: readonly KeysValues[]): tf.Tensor3D {
  const [rows, queries, headDim] = heads.shape;
  const lengths = segments.map(tokensOf);
  const shares = segments.length === 1 ? [probabilities] : tf.split(probabilities, lengths, 2);
  const sums = segments.map(({ values }, s) => {
    const shared = tf.reshape(shares[s]!, [values.shape[0], (rows / values.shape[0]) * queries, lengths[s]!]);
    return tf.reshape<tf.Rank.R3>(tf.matMul(shared, values), [rows, queries, headDim]);
  });
  return sums.reduce((a, b) => tf.add(a, b));
}

/** Additive mask [queries, keys]: the queries are the last of the keys, each sees the keys up to itself. */
export function causalBias(queries: number, keys: number): tf.Tensor2D {
  const bias = new Float32Array(queries * keys);
  for (let q = 0; q < queries; q++) bias.fill(MASKED, q * keys + keys - queries + q + 1, (q + 1) * keys);
  return tf.tensor2d(bias, [queries, keys]);
}

import * as tf from '@tensorflow/tfjs-core';
import { joinKeysValues, tokensOf } from './heads.js';
import { attendPlainly, causalBias } from './plain.js';
import type { KeysValues } from './types.js';

/** Queries per block of a longer stretch, so that logits never stand in memory for all queries at once. */
export const QUERY_BLOCK = 128;

/** Causal attention block by block of queries, each against the keys up to its end: half the products of the whole. */
export function attendInCausalBlocks(queries: tf.Tensor3D, segments: readonly KeysValues[]): tf.Tensor3D {
  const { keys, values } = joinKeysValues(segments);
  const before = segments.map(tokensOf).reduce((a, b) => a + b, 0) - queries.shape[1];
  return blockByBlock(queries, (block, start, size) => {
    const end = before + start + size;
    const visible = { keys: takeTokens(keys, 0, end), values: takeTokens(values, 0, end) };
    return attendPlainly(block, [visible], causalBias(size, end));
  });
}

/** Attention under a bias [queries, keys] block by block of queries. */
export const attendInBiasedBlocks = (
  queries: tf.Tensor3D,
  segments: readonly KeysValues[],
  bias: tf.Tensor,
): tf.Tensor3D =>
  blockByBlock(queries, (block, start, size) =>
    attendPlainly(block, segments, tf.slice(bias, [start, 0], [size, -1])),
  );

const takeTokens = (heads: tf.Tensor3D, start: number, size: number): tf.Tensor3D =>
  tf.slice(heads, [0, start, 0], [heads.shape[0], size, heads.shape[2]]);

function blockByBlock(
  queries: tf.Tensor3D,
  attendTo: (block: tf.Tensor3D, start: number, size: number) => tf.Tensor3D,
): tf.Tensor3D {
  const total = queries.shape[1];
  const blocks: tf.Tensor3D[] = [];
  for (let start = 0; start < total; start += QUERY_BLOCK) {
    const size = Math.min(QUERY_BLOCK, total - start);
    blocks.push(tf.tidy(() => attendTo(takeTokens(queries, start, size), start, size)));
  }
  return tf.concat(blocks, 1);
}

import * as tf from '@tensorflow/tfjs-core';
import { type Heads, joinKeysValues, type KeysValues, tokensOf } from './heads.js';
import { attendPlainly, causalBias } from './plain.js';

/** Queries per block of a longer stretch, so that logits never stand in memory for all queries at once. */
export const QUERY_BLOCK = 128;

/** Causal attention block by block of queries, each against the keys up to its end: half the products of the whole. */
export function attendInCausalBlocks(queries: Heads, segments: readonly KeysValues[]): Heads {
  const { keys, values } = segments.length === 1 ? segments[0]! : joinKeysValues(segments);
  const before = segments.map(tokensOf).reduce((a, b) => a + b, 0) - queries[0]!.shape[1];
  return blockByBlock(queries, (block, start, size) => {
    const end = before + start + size;
    const visible = { keys: takeTokens(keys, 0, end), values: takeTokens(values, 0, end) };
    return attendPlainly(block, [visible], causalBias(size, end));
  });
}

/** Attention under a bias [queries, keys] block by block of queries. */
export const attendInBiasedBlocks = (
  queries: Heads,
  segments: readonly KeysValues[],
  bias: tf.Tensor,
): Heads =>
  blockByBlock(queries, (block, start, size) =>
    attendPlainly(block, segments, tf.slice(bias, [start, 0], [size, -1])),
  );

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

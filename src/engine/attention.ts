import type * as tf from '@tensorflow/tfjs-core';
import { attendInBiasedBlocks, attendInCausalBlocks, QUERY_BLOCK } from './attention/blocks.js';
import { tokensOf } from './attention/heads.js';
import { attendOnWasm } from './attention/on-wasm.js';
import { attendPlainly, causalBias } from './attention/plain.js';
import type { AttentionMask, KeysValues } from './attention/types.js';
import { attendWithGradient } from './attention/with-gradient.js';
import { hasKernels } from './wasm/kernels.js';

export { joinHeads, joinKeysValues, projectHeads } from './attention/heads.js';
export { type Position, type Rotary, rotaryAt, rotate } from './attention/rotary.js';
export type { AttentionMask, KeysValues } from './attention/types.js';

/**
 * Scaled dot-product attention of queries over the keys and values of several stretches of tokens, in order: the plain
 * definition (`attendPlainly`), or a faster way to the same numbers where one serves.
 * `onProbabilities` is given the attention probabilities [heads, queries, keys] (batch 1); asking for them gives up the
 * fast paths.
 */
export function attend(
  queries: tf.Tensor3D,
  segments: readonly KeysValues[],
  mask: AttentionMask,
  batch = 1,
  onProbabilities?: (probabilities: tf.Tensor3D) => void,
): tf.Tensor3D {
  if (hasKernels()) return attendOnWasm(queries, segments, mask, onProbabilities);
  const [rows, queryCount] = queries.shape;
  const fast = !onProbabilities;
  if (fast && batch === 1 && queryCount > QUERY_BLOCK) {
    if (mask.kind === 'causal') return attendInCausalBlocks(queries, segments);
    if (mask.kind === 'bias' && mask.bias.rank === 2)
      return attendInBiasedBlocks(queries, segments, mask.bias);
  }
  const bias = biasOf(mask, queryCount, segments);
  if (fast && batch > 1 && segments[0]!.keys.shape[0] === rows) {
    return attendWithGradient(queries, segments, bias, batch);
  }
  return attendPlainly(queries, segments, bias, batch, onProbabilities);
}

function biasOf(mask: AttentionMask, queries: number, segments: readonly KeysValues[]): tf.Tensor | null {
  if (mask.kind === 'all') return null;
  if (mask.kind === 'bias') return mask.bias;
  return causalBias(
    queries,
    segments.map(tokensOf).reduce((a, b) => a + b, 0),
  );
}

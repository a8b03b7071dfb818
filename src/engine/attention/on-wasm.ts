import * as tf from '@tensorflow/tfjs-core';
import { attentionKernel, headKernel } from '../wasm/kernels.js';
import { joinKeysValues, tokensOf } from './heads.js';
import { causalBias } from './plain.js';
import type { AttentionMask, KeysValues } from './types.js';

/** Logits of a head from which on the backend's own products are faster than a kernel that looks at seen keys only. */
const MANY_LOGITS = 2 ** 12;

/** Attention on the wasm backend: one call of a kernel for short stretches, plain products head by head for long ones. */
export function attendOnWasm(
  queries: tf.Tensor3D,
  segments: readonly KeysValues[],
  mask: AttentionMask,
  onProbabilities?: (probabilities: tf.Tensor3D) => void,
): tf.Tensor3D {
  const keyCount = segments.map(tokensOf).reduce((a, b) => a + b, 0);
  const long = queries.shape[1] * keyCount > MANY_LOGITS;
  // The products' way knows no biases of a batch.
  const attendTo = long && !(mask.kind === 'bias' && mask.bias.rank === 4) ? headByHead : attentionKernel;
  const { context, probabilities } = attendTo(queries, segments, mask, onProbabilities !== undefined);
  if (probabilities) onProbabilities!(probabilities);
  return context;
}

/** As `attentionKernel`, by plain two-dimensional products, the only fast ones of the backend. */
function headByHead(
  queries: tf.Tensor3D,
  segments: readonly KeysValues[],
  mask: AttentionMask,
  wanted: boolean,
): ReturnType<typeof attentionKernel> {
  const [heads, count, width] = queries.shape;
  const [context, ...probabilities] = tf.tidy((): tf.Tensor3D[] => {
    const { keys, values } = joinKeysValues(segments);
    const [keyHeads, tokens] = keys.shape;
    const bias = mask.kind === 'causal' ? causalBias(count, tokens) : mask.kind === 'bias' ? mask.bias : null;
    const contexts: tf.Tensor2D[] = [];
    const shares: tf.Tensor2D[] = [];
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      const scaled = tf.mul<tf.Tensor2D>(headKernel(queries, head), 1 / Math.sqrt(width));
      const turned = tf.transpose(headKernel(keys, keyHead)) as tf.Tensor2D;
      const logits = tf.matMul<tf.Tensor2D>(scaled, turned);
      const share = tf.softmax<tf.Tensor2D>(bias ? tf.add<tf.Tensor2D>(logits, bias) : logits);
      contexts.push(tf.matMul(share, headKernel(values, keyHead)));
      if (wanted) shares.push(share);
    }
    const together = (parts: tf.Tensor2D[], columns: number) =>
      tf.reshape<tf.Rank.R3>(tf.concat(parts, 0), [heads, count, columns]);
    return [together(contexts, width), ...(wanted ? [together(shares, tokens)] : [])];
  });
  return { context: context!, probabilities: probabilities[0] ?? null };
}

import * as tf from '@tensorflow/tfjs-core';
import { attentionKernel, headKernel } from '../wasm/kernels.js';
import { type Heads, joinKeysValues, type KeysValues, tokensOf } from './heads.js';
import { type AttentionMask, causalBias } from './plain.js';

/** Logits of a head from which on the backend's own products are faster than a kernel that looks at seen keys only. */
const MANY_LOGITS = 2 ** 12;

/** Attention on the wasm backend: one call of a kernel for short stretches, plain products head by head for long ones. */
export function attendOnWasm(
  queries: Heads,
  segments: readonly KeysValues[],
  mask: AttentionMask,
  onProbabilities?: (probabilities: tf.Tensor3D) => void,
): Heads {
  const bias = mask.kind === 'bias' ? mask.bias : null;
  const keyCount = segments.map(tokensOf).reduce((a, b) => a + b, 0);
  const seen: tf.Tensor3D[] = [];
  const out = queries.map((group, g) => {
    const causal = mask.kind === 'causal';
    const long = group.shape[1] * keyCount > MANY_LOGITS && bias?.rank !== 4;
    const attendTo = long ? attendHeadByHead : attendAtOnce;
    const { context, probabilities } = attendTo(group, segments, g, bias, causal, !!onProbabilities);
    if (probabilities) seen.push(probabilities);
    return context;
  });
  if (onProbabilities) onProbabilities(seen.length === 1 ? seen[0]! : tf.concat(seen, 0));
  return out;
}

interface Attended {
  readonly context: tf.Tensor3D;
  readonly probabilities: tf.Tensor3D | null;
}

function attendAtOnce(
  group: tf.Tensor3D,
  segments: readonly KeysValues[],
  g: number,
  bias: tf.Tensor | null,
  causal: boolean,
  wanted: boolean,
): Attended {
  const stretches = segments.map(({ keys, values }) => ({ keys: keys[g]!, values: values[g]! }));
  return attentionKernel(group, stretches, bias, { causal, wanted });
}

/** Plain two-dimensional products, the only fast ones of the backend. */
function attendHeadByHead(
  group: tf.Tensor3D,
  segments: readonly KeysValues[],
  g: number,
  given: tf.Tensor | null,
  causal: boolean,
  wanted: boolean,
): Attended {
  const [heads, queries, width] = group.shape;
  const joined = segments.length === 1 ? segments[0]! : joinKeysValues(segments);
  const [keys, values] = [joined.keys[g]!, joined.values[g]!];
  const [keyHeads, tokens] = keys.shape;
  const bias = causal ? causalBias(queries, tokens) : given;
  const [context, ...probabilities] = tf.tidy((): tf.Tensor3D[] => {
    const contexts: tf.Tensor2D[] = [];
    const shares: tf.Tensor2D[] = [];
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      const scaled = tf.mul<tf.Tensor2D>(headKernel(group, head), 1 / Math.sqrt(width));
      const turned = tf.transpose(headKernel(keys, keyHead)) as tf.Tensor2D;
      const logits = tf.matMul<tf.Tensor2D>(scaled, turned);
      const share = tf.softmax<tf.Tensor2D>(bias ? tf.add<tf.Tensor2D>(logits, bias) : logits);
      contexts.push(tf.matMul(share, headKernel(values, keyHead)));
      if (wanted) shares.push(share);
    }
    const together = (parts: tf.Tensor2D[], columns: number) =>
      tf.reshape<tf.Rank.R3>(tf.concat(parts, 0), [heads, queries, columns]);
    return [together(contexts, width), ...(wanted ? [together(shares, tokens)] : [])];
  });
  return { context: context!, probabilities: probabilities[0] ?? null };
}

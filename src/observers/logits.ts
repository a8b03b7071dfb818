import * as tf from '@tensorflow/tfjs-core';

/**
 * Attention logits q·k/√d before any mask, [heads · queries · keys] row by row.
 * @param queries [heads, queries, d], after rotation
 * @param keys [key heads, keys, d]; query heads that share a key head lie side by side
 */
export function attentionLogits(queries: tf.Tensor3D, keys: tf.Tensor3D): Float32Array {
  const logits = tf.tidy(() => {
    const [heads, rows, width] = queries.shape;
    const keyHeads = keys.shape[0];
    const shared = tf.reshape(queries, [keyHeads, (heads / keyHeads) * rows, width]);
    return tf.mul(tf.matMul(shared, keys, false, true), 1 / Math.sqrt(width));
  });
  // Outside: `tidy` looks for tensors in what it returns, through an array number by number.
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return values;
}

/** Attention mass, in float64, on the vision tokens among the keys that a query sees, from its logits of them. */
export function visionMass(logits: Float32Array, isVision: readonly boolean[]): number {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  let vision = 0;
  let all = 0;
  logits.forEach((logit, k) => {
    const weight = Math.exp(logit - top);
    all += weight;
    if (isVision[k]) vision += weight;
  });
  return vision / all;
}

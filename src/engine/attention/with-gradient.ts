import * as tf from '@tensorflow/tfjs-core';
import { joinKeysValues } from './heads.js';
import { biased } from './plain.js';
import type { KeysValues } from './types.js';

/**
 * The plain definition over as many key heads as query heads: training's path. It has its own gradient, which passes over the
 * probabilities P once instead of four times: for dC of the context C, P ∘ (dC·Vᵀ − rows of Σ dC ∘ C) are the logits'
 * gradients (Dao et al. 2022), and the subtraction is one more column of the product.
 */
export function attendWithGradient(
  queries: tf.Tensor3D,
  segments: readonly KeysValues[],
  bias: tf.Tensor | null,
  batch: number,
): tf.Tensor3D {
  const { keys, values } = joinKeysValues(segments);
  const scale = 1 / Math.sqrt(queries.shape[2]);
  return tf.customGrad((...args) => {
    const [queries, keys, values, save] = args as unknown as [
      tf.Tensor3D,
      tf.Tensor3D,
      tf.Tensor3D,
      tf.GradSaveFunc,
    ];
    const scaled = tf.mul<tf.Tensor3D>(queries, scale);
    const logits = tf.matMul<tf.Tensor3D>(scaled, keys, false, true);
    const probabilities = tf.softmax(biased(logits, queries, bias, batch));
    const context = tf.matMul<tf.Tensor3D>(probabilities, values);
    save([scaled, keys, values, probabilities, context]);
    const gradFunc = (dy: tf.Tensor3D, saved: tf.Tensor[]) => {
      const [scaled, keys, values, probabilities, context] = saved as tf.Tensor3D[];
      const own = tf.neg(tf.sum(tf.mul(dy, context!), -1, true));
      const ones = tf.ones([values!.shape[0], values!.shape[1], 1]) as tf.Tensor3D;
      const product = tf.matMul(
        tf.concat([dy, own as tf.Tensor3D], 2),
        tf.concat([values!, ones], 2),
        false,
        true,
      );
      const dLogits = tf.mul(probabilities!, product);
      return [
        tf.mul(tf.matMul(dLogits, keys!), scale),
        tf.matMul(dLogits, scaled!, true),
        tf.matMul(probabilities!, dy, true),
      ];
    };
    return { value: context, gradFunc };
  })(queries, keys, values);
}

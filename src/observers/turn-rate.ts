import * as tf from '@tensorflow/tfjs-core';
import { meansByKind, type NumbersByKind } from './hidden-norms.js';
import type { TokenKind } from './token-kinds.js';

/**
 * How slowly hidden states turn from one layer to the next: the mean cosine of each token's state before and after a layer, by kind of
 * token (arXiv 2512.08374 finds that tokens of high norm turn slowly).
 * @param before [tokens, width]
 * @param after [tokens, width]; tokens beyond the kinds given are left out
 */
export function turnRates(
  before: tf.Tensor2D,
  after: tf.Tensor2D,
  kinds: readonly TokenKind[],
): NumbersByKind {
  const cosines = tf.tidy(() => {
    const products = tf.mul(tf.norm(before, 2, 1), tf.norm(after, 2, 1));
    return tf.div(tf.sum(tf.mul(before, after), 1), tf.maximum(products, 1e-30));
  });
  const values = cosines.dataSync();
  cosines.dispose();
  return meansByKind(values, kinds);
}

import type * as tf from '@tensorflow/tfjs-core';

/** Keys and values of a stretch of tokens in one layer, each [batch · heads, tokens, head width]. */
export interface KeysValues {
  readonly keys: tf.Tensor3D;
  readonly values: tf.Tensor3D;
}

/** Which keys a query may see. */
export type AttentionMask =
  | { readonly kind: 'all' }
  /** Query i of the last segment sees every key up to its own position. */
  | { readonly kind: 'causal' }
  /** Added to the logits: [queries, keys], or [batch, 1, queries, keys]. */
  | { readonly kind: 'bias'; readonly bias: tf.Tensor };

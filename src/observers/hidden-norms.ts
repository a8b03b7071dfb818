import * as tf from '@tensorflow/tfjs-core';
import type { TokenKind } from './token-kinds.js';

/** A number for each kind of token; kinds without a token are missing. */
export type NumbersByKind = Readonly<Partial<Record<TokenKind, number>>>;

/**
 * L2 norms of hidden states, token by token.
 * @param x [tokens, width]
 */
export function normsOf(x: tf.Tensor2D): Float32Array {
  const norms = tf.tidy(() => tf.norm(x, 2, 1));
  const values = norms.dataSync<'float32'>();
  norms.dispose();
  return values;
}

/**
 * Means over the tokens of each kind; of L2 norms these are the authors' `probe_hidden_norms`.
 * @param values float[tokens]; tokens beyond the kinds given are left out
 */
export function meansByKind(values: ArrayLike<number>, kinds: readonly TokenKind[]): NumbersByKind {
  const sums = new Map<TokenKind, { sum: number; count: number }>();
  kinds.forEach((kind, i) => {
    const { sum, count } = sums.get(kind) ?? { sum: 0, count: 0 };
    sums.set(kind, { sum: sum + values[i]!, count: count + 1 });
  });
  return Object.fromEntries([...sums].map(([kind, { sum, count }]) => [kind, sum / count]));
}

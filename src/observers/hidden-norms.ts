import * as tf from '@tensorflow/tfjs-core';
import type { TokenKind } from './token-kinds.js';

/** Mean L2 norm of the tokens of each kind; kinds without a token are missing. */
export type NormsByKind = Readonly<Partial<Record<TokenKind, number>>>;

/**
 * Mean L2 norms of hidden states by kind of token (the authors' `probe_hidden_norms`).
 * @param x [tokens, width]; tokens beyond the kinds given are left out
 */
export function hiddenNorms(x: tf.Tensor2D, kinds: readonly TokenKind[]): NormsByKind {
  const norms = tf.tidy(() => tf.norm(x, 2, 1)).dataSync();
  const sums = new Map<TokenKind, { sum: number; count: number }>();
  kinds.forEach((kind, i) => {
    const { sum, count } = sums.get(kind) ?? { sum: 0, count: 0 };
    sums.set(kind, { sum: sum + norms[i]!, count: count + 1 });
  });
  return Object.fromEntries([...sums].map(([kind, { sum, count }]) => [kind, sum / count]));
}

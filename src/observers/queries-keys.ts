import * as tf from '@tensorflow/tfjs-core';
import { quantiles } from '../metrics/quantiles.js';
import { attentionLogits, visionMass } from './logits.js';

type Side = 'vision' | 'text';

/**
 * Appendix A's premise in one layer. Medians of norms are over heads and tokens, of logits over heads and the pairs of a
 * query after the image and a key that it sees; `Mass` is the mean attention of those queries. Text is all that is not
 * vision, BOS and system prompt too.
 */
export type QueriesKeys = Readonly<Record<`${Side}${'QueryNorm' | 'KeyNorm' | 'Logit' | 'Mass'}`, number>>;

/**
 * @param queries [heads, tokens, d] and
 * @param keys [key heads, tokens, d] of a prompt, after rotation (which leaves norms as they are)
 * @param isVision of every token
 * @param asked the tokens after the image, [from, to)
 */
export function queriesKeys(
  queries: tf.Tensor3D,
  keys: tf.Tensor3D,
  isVision: readonly boolean[],
  [from, to]: readonly [number, number],
): QueriesKeys {
  const [heads, , width] = queries.shape;
  const following = tf.slice(queries, [0, from, 0], [heads, to - from, width]);
  const logits = attentionLogits(following, keys);
  following.dispose();
  const query = medianNorms(queries, isVision);
  const key = medianNorms(keys, isVision);
  const seen = seenBy(logits, isVision, from, to);
  return {
    visionQueryNorm: query.vision,
    textQueryNorm: query.text,
    visionKeyNorm: key.vision,
    textKeyNorm: key.text,
    ...seen,
  };
}

/** Median L2 norms over heads and tokens of x [heads, tokens, d]. */
function medianNorms(x: tf.Tensor3D, isVision: readonly boolean[]): Record<Side, number> {
  const norms = tf.tidy(() => tf.norm(x, 2, 2)).dataSync();
  const tokens = isVision.length;
  const of = (side: boolean) => median(norms.filter((_, i) => isVision[i % tokens] === side));
  return { vision: of(true), text: of(false) };
}

/** From logits [heads, queries from `from` to `to`, keys]: a query sees the keys up to itself. */
function seenBy(logits: Float32Array, isVision: readonly boolean[], from: number, to: number) {
  const tokens = isVision.length;
  const rows = logits.length / tokens;
  const vision: number[] = [];
  const text: number[] = [];
  let mass = 0;
  for (let row = 0; row < rows; row++) {
    const visible = logits.subarray(row * tokens, row * tokens + from + (row % (to - from)) + 1);
    visible.forEach((logit, k) => {
      (isVision[k] ? vision : text).push(logit);
    });
    mass += visionMass(visible, isVision) / rows;
  }
  return {
    visionLogit: median(vision),
    textLogit: median(text),
    visionMass: mass,
    textMass: 1 - mass,
  };
}

const median = (values: ArrayLike<number>): number => quantiles(values, [0.5])[0]!;

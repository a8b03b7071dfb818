import * as tf from '@tensorflow/tfjs-core';
import type { DecoderProbe } from '../models/architectures/types.js';
import type { Stretch } from '../models/decoding/stretch.js';

export interface SimilarityWatcher {
  probe(stretch: Stretch): DecoderProbe | undefined;
  /** float[N], one value in [−1, 1] a vision token; undefined without an image. */
  similarities(): Float32Array | undefined;
}

/**
 * Watches the vision tokens as the decoder is given them (paper, Figure 1): the cosine similarity of each to the one at
 * `reference`, counted from 0.
 */
export function watchSimilarity(reference: number): SimilarityWatcher {
  let seen: Float32Array | undefined;
  return {
    probe({ phase, queries }) {
      const start = queries.findIndex(({ role }) => role === 'vision');
      if (phase !== 'prefix' || start < 0) return undefined;
      return {
        hidden(layer, x) {
          if (layer === 0) seen = read(x, start, reference);
        },
      };
    },
    similarities: () => seen,
  };
}

/** x [tokens, width]; vision tokens are the rows from `start` on. */
function read(x: tf.Tensor2D, start: number, reference: number): Float32Array {
  const similarities = tf.tidy(() => {
    const vision = tf.slice(x, [start, 0], [-1, -1]);
    const unit = tf.div<tf.Tensor2D>(vision, tf.norm(vision, 'euclidean', 1, true));
    return tf.matMul(unit, tf.reshape<tf.Rank.R2>(tf.gather(unit, [reference]), [-1, 1]));
  });
  const values = similarities.dataSync<'float32'>();
  similarities.dispose();
  return values;
}

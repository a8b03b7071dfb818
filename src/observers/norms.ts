import * as tf from '@tensorflow/tfjs-core';
import { rowNorms } from '../engine/ops.js';
import type { Llava } from '../models/llava.js';

/** L2 norm of every vision token of an image, as the decoder is given them. pixels [S, S, 3] → float[tokens]. */
export function visionNorms(model: Llava, pixels: Float32Array): Float32Array {
  const side = model.config.vision.imageSize;
  return read(() => model.project(model.encode(tf.tensor4d(pixels, [1, side, side, 3]))));
}

/** L2 norm of every token's input embedding. ids int[tokens] → float[tokens]. */
export const textNorms = ({ decoder }: Pick<Llava, 'decoder'>, ids: readonly number[]): Float32Array =>
  read(() => decoder.embed(ids));

/** Rows of the embedding table that are read at a time. */
const ROWS = 2048;

/** Mean L2 norm over all rows of the embedding table (paper §5.2: about 0.83 for Vicuna). */
export function meanTextNorm({ config, decoder }: Pick<Llava, 'config' | 'decoder'>): number {
  const { vocabSize } = config.text;
  let sum = 0;
  for (let start = 0; start < vocabSize; start += ROWS) {
    const ids = Array.from({ length: Math.min(ROWS, vocabSize - start) }, (_, i) => start + i);
    for (const norm of textNorms({ decoder }, ids)) sum += norm;
  }
  return sum / vocabSize;
}

function read(tokens: () => tf.Tensor2D): Float32Array {
  const norms = tf.tidy(() => rowNorms(tokens()));
  try {
    return norms.dataSync<'float32'>();
  } finally {
    norms.dispose();
  }
}

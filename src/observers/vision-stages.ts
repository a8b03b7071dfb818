import * as tf from '@tensorflow/tfjs-core';
import { prefill } from '../models/decoding/prefill.js';
import type { Llava } from '../models/llava.js';

/**
 * Shows vision tokens on their way through the decoder: `see` is given what enters it, as layer 0, and the output of every
 * layer at their positions, [vision tokens, width]; tensors live only during the call. No question is asked: a decoder's
 * vision tokens see nothing that comes after them.
 * @param before ids of the text before the image
 */
export function seeVisionTokens(
  model: Llava,
  before: readonly number[],
  visionTokens: tf.Tensor2D,
  see: (layer: number, x: tf.Tensor2D) => void,
): void {
  const hidden = (layer: number, x: tf.Tensor2D) => {
    const vision = tf.slice(x, [before.length, 0], visionTokens.shape);
    see(layer, vision);
    vision.dispose();
  };
  prefill(model, before, visionTokens, { probe: () => ({ hidden }) }).dispose();
}

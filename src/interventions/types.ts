import type * as tf from '@tensorflow/tfjs-core';
import type { RoleBias, TokenInfo } from '../models/decoding/tokens.js';

/** The engine's operations, handed to interventions so that declaring one does not load TensorFlow.js. */
type Operations = typeof import('../engine/ops.js');

/** The image an intervention acts on. */
export interface ImageContext {
  readonly id: string;
  /** The run's seed; everything random is drawn from it, the intervention's own parameters and the image's id. */
  readonly seed: number;
}

/** A change to a model's input. It acts at one of the four sites below, and nowhere else. */
export interface Intervention {
  /** Names the change and its parameters; part of a run's key. */
  readonly name: string;
  /** Processed pixels [S, S, 3]. */
  pixels?(pixels: Float32Array, image: ImageContext): Float32Array;
  /** Vision tokens [tokens, width], between projector and decoder. */
  visionTokens?(tokens: tf.Tensor2D, image: ImageContext, ops: Operations): tf.Tensor2D;
  /** Position ids of a stretch of tokens. */
  positions?(tokens: readonly TokenInfo[], image: ImageContext): readonly number[];
  /** Biases added to a layer's attention logits; layers count from 1. */
  attentionBias?(layer: number): readonly RoleBias[];
}

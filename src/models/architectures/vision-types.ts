import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../engine/parameters.js';
import type { VisionConfig } from '../config/config.js';

/** A kind of vision tower; P is its record of parameters. */
export interface VisionTower<P> {
  /** Positions before the patches in every hidden state. */
  readonly classTokens: number;
  /** Reads the parameters; tensor names start with `prefix`. */
  load(from: Parameters, config: VisionConfig, prefix: string): Promise<P>;
  /** pixels [B, S, S, 3] → hidden states 0 (embeddings) to `upTo`, each [B · positions, width]. */
  run(parameters: P, config: VisionConfig, pixels: tf.Tensor4D, upTo: number): tf.Tensor2D[];
  /** The norm after the last layer: [rows, width] → [rows, width]. */
  postNorm(parameters: P, config: VisionConfig, x: tf.Tensor2D): tf.Tensor2D;
}

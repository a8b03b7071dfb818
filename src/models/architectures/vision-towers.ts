import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../engine/parameters.js';
import { UserError } from '../../errors.js';
import type { VisionConfig } from '../config/config.js';
import { clip } from './clip.js';
import { siglip } from './siglip.js';
import type { VisionTower } from './vision-types.js';

/** Vision towers by the `model_type` of their configuration; another is one file and one line. */
const visionTowers = {
  clip_vision_model: bound(clip),
  siglip_vision_model: bound(siglip),
} satisfies Record<string, Loader>;

export const visionTowerTypes: readonly string[] = Object.keys(visionTowers);

/** A vision tower with its parameters. */
export interface LoadedVisionTower {
  /** Positions before the patches in every hidden state. */
  readonly classTokens: number;
  /** pixels [B, S, S, 3] → hidden states 0 (embeddings) to `upTo`, each [B · positions, width]. */
  run(pixels: tf.Tensor4D, upTo: number): tf.Tensor2D[];
  /** The norm after the last layer: [rows, width] → [rows, width]. */
  postNorm(x: tf.Tensor2D): tf.Tensor2D;
}

type Loader = (from: Parameters, config: VisionConfig, prefix: string) => Promise<LoadedVisionTower>;

function bound<P>(tower: VisionTower<P>): Loader {
  return async (from, config, prefix) => {
    const parameters = await tower.load(from, config, prefix);
    return {
      classTokens: tower.classTokens,
      run: (pixels, upTo) => tower.run(parameters, config, pixels, upTo),
      postNorm: x => tower.postNorm(parameters, config, x),
    };
  };
}

/** Loads the tower that `config` names; tensor names start with `prefix`. */
export function loadVisionTower(
  from: Parameters,
  config: VisionConfig,
  prefix: string,
): Promise<LoadedVisionTower> {
  if (!(config.modelType in visionTowers)) {
    throw new UserError(
      `vision tower "${config.modelType}" is not supported; supported: ${visionTowerTypes.join(', ')}`,
    );
  }
  return visionTowers[config.modelType as keyof typeof visionTowers](from, config, prefix);
}

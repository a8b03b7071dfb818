import * as tf from '@tensorflow/tfjs-core';
import {
  type ActivationName,
  activations,
  averagePool,
  type Linear,
  linear,
  rmsNorm,
  rowNorms,
} from '../engine/ops.js';
import type { Parameters } from '../engine/parameters.js';
import type { LlavaConfig, NormalizeConfig } from './config/config.js';

/** Parameters of the multimodal projector: `mlp2x_gelu`, with a norm in the + Normalize variants. */
export interface ProjectorParameters {
  readonly linear1: Linear;
  readonly linear2: Linear;
  /** [text width]; present in + Normalize. */
  readonly norm: tf.Tensor1D | null;
}

const PREFIX = 'multi_modal_projector.';

/**
 * The projector of a checkpoint under its own names, `multi_modal_projector.…`: two linear layers, the first taking all
 * feature layers side by side, and the norm where there is one. UserError on a tensor that is missing or of another shape.
 */
export async function loadProjector(from: Parameters, config: LlavaConfig): Promise<ProjectorParameters> {
  const inputs = config.vision.hiddenSize * config.featureLayers.length;
  const width = config.text.hiddenSize;
  const { bias, normalize } = config.projector;
  return {
    linear1: await from.linear(`${PREFIX}linear_1`, inputs, width, bias),
    linear2: await from.linear(`${PREFIX}linear_2`, width, width, bias),
    norm: normalize ? await from.vector(`${PREFIX}norm.weight`, width) : null,
  };
}

/**
 * Vision features [B · patches, inputs] → vision tokens [B · tokens, text width]: linear, GELU, linear, then the
 * paper's normalise, then average pooling (the released code's order).
 */
export function project(
  p: ProjectorParameters,
  config: LlavaConfig,
  features: tf.Tensor2D,
  batch = 1,
): tf.Tensor2D {
  const { activation, normalize, poolSide } = config.projector;
  const hidden = activations[activation as ActivationName](linear(features, p.linear1));
  let tokens = linear(hidden, p.linear2);
  if (normalize && p.norm) tokens = normalizeTokens(tokens, p.norm, normalize);
  return poolSide ? averagePool(tokens, poolSide, batch) : tokens;
}

/**
 * + Normalize (paper §5.2 as the authors' code has it): RMSNorm, each token's L2 norm n capped by the factor
 * min(max / n, 1), the whole scaled by `scale`. x [tokens, width].
 */
export function normalizeTokens(
  x: tf.Tensor2D,
  weight: tf.Tensor1D,
  { eps, max, scale }: NormalizeConfig,
): tf.Tensor2D {
  const normed = rmsNorm(x, weight, eps);
  return tf.mul(normed, tf.mul(tf.minimum(tf.div(max, rowNorms(normed)), 1), scale));
}

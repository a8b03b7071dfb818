import * as tf from '@tensorflow/tfjs-core';
import { type ActivationName, activations, type Linear, linear, rmsNorm } from '../engine/ops.js';
import type { Parameters } from '../engine/parameters.js';
import type { LlavaConfig, NormalizeConfig } from './config.js';

/** Parameters of the multimodal projector: `mlp2x_gelu`, with a norm in the + Normalize variants. */
export interface ProjectorParameters {
  readonly linear1: Linear;
  readonly linear2: Linear;
  /** [text width]; present in + Normalize. */
  readonly norm: tf.Tensor1D | null;
}

const PREFIX = 'multi_modal_projector.';

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
  const norms = tf.sqrt(tf.sum(tf.square(normed), -1, true));
  return tf.mul(normed, tf.mul(tf.minimum(tf.div(max, norms), 1), scale));
}

/**
 * Adaptive average pooling of a square grid of tokens (row by row) to side × side (paper §3.2): window i covers
 * [⌊g·i/side⌋, ⌈g·(i+1)/side⌉) of the g rows or columns. x [B · g², width] → [B · side², width].
 * Written as one product with a matrix of window weights, the same on every backend.
 */
export function averagePool(x: tf.Tensor2D, side: number, batch = 1): tf.Tensor2D {
  const [rows, width] = x.shape;
  const grid = Math.round(Math.sqrt(rows / batch));
  const weights = tf.tensor2d(poolingWeights(grid, side), [side * side, grid * grid]);
  if (batch === 1) return tf.matMul(weights, x);
  const pooled = tf.matMul(
    tf.tile(tf.expandDims(weights, 0), [batch, 1, 1]),
    tf.reshape(x, [batch, grid * grid, width]),
  );
  return tf.reshape(pooled, [batch * side * side, width]);
}

function poolingWeights(grid: number, side: number): Float32Array {
  const weights = new Float32Array(side * side * grid * grid);
  const window = (i: number) => [Math.floor((grid * i) / side), Math.ceil((grid * (i + 1)) / side)] as const;
  for (let r = 0; r < side; r++) {
    const [top, bottom] = window(r);
    for (let c = 0; c < side; c++) {
      const [left, right] = window(c);
      for (let y = top; y < bottom; y++) {
        const row = (r * side + c) * grid * grid + y * grid;
        weights.fill(1 / ((bottom - top) * (right - left)), row + left, row + right);
      }
    }
  }
  return weights;
}

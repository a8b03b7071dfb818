import * as tf from '@tensorflow/tfjs-core';
import { type LayerNorm, layerNorm, linear } from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import { patchGrid, type VisionConfig } from '../config/config.js';
import type { VisionTower } from './types.js';
import { type EncoderLayer, loadEncoder, patchRows, runEncoder } from './vision-encoder.js';

/** Parameters of CLIP's vision transformer (Radford et al. 2021), as `CLIPVisionModel` names them. */
export interface ClipParameters {
  readonly classEmbedding: tf.Tensor1D;
  readonly patchKernel: tf.Tensor2D;
  readonly positionEmbedding: tf.Tensor2D;
  readonly preNorm: LayerNorm;
  readonly layers: readonly EncoderLayer[];
  readonly postNorm: LayerNorm;
}

export const clip = {
  /** Those of transformers' `CLIPVisionConfig`. */
  defaults: {
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    num_channels: 3,
    image_size: 224,
    patch_size: 32,
    hidden_act: 'quick_gelu',
    layer_norm_eps: 1e-5,
  },
  /** Positions before the patches: the class token. */
  classTokens: 1,
  load: loadClip,
  run: runClip,
  postNorm: (p, config, x) => layerNorm(x, p.postNorm, config.layerNormEps),
} satisfies VisionTower<ClipParameters>;

async function loadClip(from: Parameters, config: VisionConfig, prefix: string): Promise<ClipParameters> {
  const width = config.hiddenSize;
  return {
    classEmbedding: await from.vector(`${prefix}embeddings.class_embedding`, width),
    patchKernel: await from.patchKernel(
      `${prefix}embeddings.patch_embedding.weight`,
      width,
      3,
      config.patchSize,
    ),
    positionEmbedding: await from.matrix(
      `${prefix}embeddings.position_embedding.weight`,
      patchGrid(config) ** 2 + 1,
      width,
    ),
    preNorm: await from.layerNorm(`${prefix}pre_layrnorm`, width),
    layers: await loadEncoder(from, config, prefix),
    postNorm: await from.layerNorm(`${prefix}post_layernorm`, width),
  };
}

/** pixels [B, S, S, 3] → hidden states 0 (embeddings) to `upTo` (output of that layer), each [B · (1 + patches), width]. */
function runClip(p: ClipParameters, config: VisionConfig, pixels: tf.Tensor4D, upTo: number): tf.Tensor2D[] {
  const x = layerNorm(embed(p, config, pixels), p.preNorm, config.layerNormEps);
  return runEncoder(p.layers, config, x, pixels.shape[0], upTo);
}

/** Patches by a linear map, the class token first, learned positions: [B · (1 + patches), width]. */
function embed(p: ClipParameters, config: VisionConfig, pixels: tf.Tensor4D): tf.Tensor2D {
  const batch = pixels.shape[0];
  const width = config.hiddenSize;
  const patches = linear(patchRows(pixels, config.patchSize), { kernel: p.patchKernel, bias: null });
  const count = patches.shape[0] / batch;
  const classes = tf.tile(tf.reshape(p.classEmbedding, [1, 1, width]), [batch, 1, 1]);
  const tokens = tf.concat([classes, tf.reshape(patches, [batch, count, width])], 1);
  return tf.reshape(tf.add(tokens, p.positionEmbedding), [batch * (count + 1), width]);
}

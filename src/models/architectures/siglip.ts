import * as tf from '@tensorflow/tfjs-core';
import { type LayerNorm, type Linear, layerNorm, linear } from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import { patchGrid, type VisionConfig } from '../config/config.js';
import type { VisionTower } from './types.js';
import { type EncoderLayer, loadEncoder, patchRows, runEncoder } from './vision-encoder.js';

/** Parameters of SigLIP's vision transformer (Zhai et al. 2023), as `SiglipVisionModel` names them. */
export interface SiglipParameters {
  readonly patches: Linear;
  readonly positionEmbedding: tf.Tensor2D;
  readonly layers: readonly EncoderLayer[];
  readonly postNorm: LayerNorm;
}

/**
 * SigLIP differs from CLIP in what goes into the encoder: no class token, no norm before the first layer, and a bias on
 * the patches. Its pooling head is no part of a LLaVA.
 */
export const siglip = {
  /** Those of transformers' `SiglipVisionConfig`. */
  defaults: {
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    num_channels: 3,
    image_size: 224,
    patch_size: 16,
    hidden_act: 'gelu_pytorch_tanh',
    layer_norm_eps: 1e-6,
  },
  classTokens: 0,
  load: loadSiglip,
  run: (p, config, pixels, upTo) =>
    runEncoder(p.layers, config, embed(p, config, pixels), pixels.shape[0], upTo),
  postNorm: (p, config, x) => layerNorm(x, p.postNorm, config.layerNormEps),
} satisfies VisionTower<SiglipParameters>;

async function loadSiglip(from: Parameters, config: VisionConfig, prefix: string): Promise<SiglipParameters> {
  const { hiddenSize: width, patchSize } = config;
  const at = `${prefix}embeddings.`;
  return {
    patches: {
      kernel: await from.patchKernel(`${at}patch_embedding.weight`, width, 3, patchSize),
      bias: await from.vector(`${at}patch_embedding.bias`, width),
    },
    positionEmbedding: await from.matrix(`${at}position_embedding.weight`, patchGrid(config) ** 2, width),
    layers: await loadEncoder(from, config, prefix),
    postNorm: await from.layerNorm(`${prefix}post_layernorm`, width),
  };
}

/** Patches by a linear map, learned positions: [B · patches, width]. */
function embed(p: SiglipParameters, config: VisionConfig, pixels: tf.Tensor4D): tf.Tensor2D {
  const patches = linear(patchRows(pixels, config.patchSize), p.patches);
  const [rows, width] = patches.shape;
  const batch = pixels.shape[0];
  const placed = tf.add(tf.reshape(patches, [batch, rows / batch, width]), p.positionEmbedding);
  return tf.reshape(placed, [rows, width]);
}

import * as tf from '@tensorflow/tfjs-core';
import { attend, type HeadProjection, joinHeads, prepareKeys, projectHeads } from '../../engine/attention.js';
import {
  type ActivationName,
  activations,
  type LayerNorm,
  type Linear,
  layerNorm,
  linear,
} from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import type { VisionConfig } from '../config.js';
import type { VisionTower } from './types.js';

/** Parameters of CLIP's vision transformer (Radford et al. 2021), as `CLIPVisionModel` names them. */
export interface ClipParameters {
  readonly classEmbedding: tf.Tensor1D;
  readonly patchKernel: tf.Tensor2D;
  readonly positionEmbedding: tf.Tensor2D;
  readonly preNorm: LayerNorm;
  readonly layers: readonly EncoderLayer[];
  readonly postNorm: LayerNorm;
}

interface EncoderLayer {
  readonly norm1: LayerNorm;
  readonly query: HeadProjection;
  readonly key: HeadProjection;
  readonly value: HeadProjection;
  readonly out: Linear;
  readonly norm2: LayerNorm;
  readonly fc1: Linear;
  readonly fc2: Linear;
}

export const clip = {
  /** Positions before the patches: the class token. */
  classTokens: 1,
  load: loadClip,
  run: runClip,
  postNorm: (p, config, x) => layerNorm(x, p.postNorm, config.layerNormEps),
} satisfies VisionTower<ClipParameters>;

async function loadClip(from: Parameters, config: VisionConfig, prefix: string): Promise<ClipParameters> {
  const width = config.hiddenSize;
  const headDim = width / config.heads;
  const grid = config.imageSize / config.patchSize;
  const layers: EncoderLayer[] = [];
  for (let i = 0; i < config.layers; i++) {
    const at = `${prefix}encoder.layers.${i}.`;
    const heads = (name: string) => from.heads(`${at}self_attn.${name}`, width, config.heads, headDim, true);
    layers.push({
      norm1: await from.layerNorm(`${at}layer_norm1`, width),
      query: await heads('q_proj'),
      key: await heads('k_proj'),
      value: await heads('v_proj'),
      out: await from.linear(`${at}self_attn.out_proj`, width, width, true),
      norm2: await from.layerNorm(`${at}layer_norm2`, width),
      fc1: await from.linear(`${at}mlp.fc1`, width, config.intermediateSize, true),
      fc2: await from.linear(`${at}mlp.fc2`, config.intermediateSize, width, true),
    });
  }
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
      grid * grid + 1,
      width,
    ),
    preNorm: await from.layerNorm(`${prefix}pre_layrnorm`, width),
    layers,
    postNorm: await from.layerNorm(`${prefix}post_layernorm`, width),
  };
}

/** pixels [B, S, S, 3] → hidden states 0 (embeddings) to `upTo` (output of that layer), each [B · (1 + patches), width]. */
function runClip(p: ClipParameters, config: VisionConfig, pixels: tf.Tensor4D, upTo: number): tf.Tensor2D[] {
  const batch = pixels.shape[0];
  const hidden = [layerNorm(embed(p, config, pixels), p.preNorm, config.layerNormEps)];
  for (const layer of p.layers.slice(0, upTo)) hidden.push(encode(layer, config, hidden.at(-1)!, batch));
  return hidden;
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

/** pixels [B, S, S, 3] → [B · patches, side · side · 3], patches row by row. */
function patchRows(pixels: tf.Tensor4D, side: number): tf.Tensor2D {
  const [batch, size] = pixels.shape;
  const grid = Math.floor(size / side);
  const strips = tf.reshape(pixels, [batch * grid, side, grid, side * 3]);
  return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [batch * grid * grid, side * side * 3]);
}

function encode(layer: EncoderLayer, config: VisionConfig, x: tf.Tensor2D, batch: number): tf.Tensor2D {
  const headDim = config.hiddenSize / config.heads;
  const normed = layerNorm(x, layer.norm1, config.layerNormEps);
  const heads = (projection: HeadProjection) => projectHeads(normed, projection, headDim, batch);
  const context = attend(
    heads(layer.query),
    [{ keys: prepareKeys(heads(layer.key)), values: heads(layer.value) }],
    { kind: 'all' },
    batch,
  );
  const attended = tf.add<tf.Tensor2D>(x, linear(joinHeads(context, batch), layer.out));
  const activate = activations[config.activation as ActivationName];
  const inner = activate(
    linear(layerNorm(attended, layer.norm2, config.layerNormEps), layer.fc1) as tf.Tensor2D,
  );
  return tf.add(attended, linear(inner, layer.fc2));
}

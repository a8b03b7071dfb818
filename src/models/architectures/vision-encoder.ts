import * as tf from '@tensorflow/tfjs-core';
import { attend, joinHeads, projectHeads } from '../../engine/attention.js';
import {
  type ActivationName,
  activations,
  type LayerNorm,
  type Linear,
  layerNorm,
  linear,
} from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import type { VisionConfig } from '../config/config.js';

/** A layer of a vision transformer's encoder, its norms before attention and MLP (Dosovitskiy et al. 2021). */
export interface EncoderLayer {
  readonly norm1: LayerNorm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
  readonly norm2: LayerNorm;
  readonly fc1: Linear;
  readonly fc2: Linear;
}

/** Reads the encoder of CLIP or SigLIP, which name its tensors alike; tensor names start with `prefix`. */
export async function loadEncoder(
  from: Parameters,
  config: VisionConfig,
  prefix: string,
): Promise<EncoderLayer[]> {
  const width = config.hiddenSize;
  const layers: EncoderLayer[] = [];
  for (let i = 0; i < config.layers; i++) {
    const at = `${prefix}encoder.layers.${i}.`;
    const heads = (name: string) => from.linear(`${at}self_attn.${name}`, width, width, true);
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
  return layers;
}

/** Embeddings x [B · positions, width] → hidden states 0 (x itself) to `upTo` (output of that layer), each of x's shape. */
export function runEncoder(
  layers: readonly EncoderLayer[],
  config: VisionConfig,
  x: tf.Tensor2D,
  batch: number,
  upTo: number,
): tf.Tensor2D[] {
  const hidden = [x];
  for (const layer of layers.slice(0, upTo)) {
    // A layer's intermediate results go when it is done: all layers' together are gigabytes at published sizes.
    hidden.push(tf.tidy(() => encode(layer, config, hidden.at(-1)!, batch)));
  }
  return hidden;
}

function encode(layer: EncoderLayer, config: VisionConfig, x: tf.Tensor2D, batch: number): tf.Tensor2D {
  const headDim = config.hiddenSize / config.heads;
  const normed = layerNorm(x, layer.norm1, config.layerNormEps);
  const heads = (projection: Linear) => projectHeads(normed, projection, headDim, batch);
  const context = attend(
    heads(layer.query),
    [{ keys: heads(layer.key), values: heads(layer.value) }],
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

/**
 * pixels [B, S, S, 3] → [B · patches, side · side · 3], patches row by row. Where S is no multiple of the side, the
 * pixels left over at the right and the bottom belong to no patch, as in a convolution without padding.
 */
export function patchRows(pixels: tf.Tensor4D, side: number): tf.Tensor2D {
  const [batch, size] = pixels.shape;
  const grid = Math.floor(size / side);
  const edge = grid * side;
  const covered = edge === size ? pixels : tf.slice(pixels, [0, 0, 0, 0], [batch, edge, edge, 3]);
  const strips = tf.reshape(covered, [batch * grid, side, grid, side * 3]);
  return tf.reshape(tf.transpose(strips, [0, 2, 1, 3]), [batch * grid * grid, side * side * 3]);
}

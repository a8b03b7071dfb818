import * as tf from '@tensorflow/tfjs-core';
import { attend, joinHeads, projectHeads } from '../engine/attention.js';
import { activations, type LayerNorm, type Linear, layerNorm, linear } from '../engine/ops.js';
import type { TrainedParameters } from './variables.js';

/** Shape of the caption decoder that trains the vision tower and is then thrown away. */
export interface CaptionerConfig {
  readonly width: number;
  readonly heads: number;
  readonly layers: number;
  readonly vocabSize: number;
  readonly maxTokens: number;
}

interface Attention {
  readonly norm: LayerNorm;
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly out: Linear;
}

interface CaptionLayer {
  readonly own: Attention;
  readonly cross: Attention;
  readonly norm: LayerNorm;
  readonly fc1: Linear;
  readonly fc2: Linear;
}

export interface Captioner {
  readonly tokens: tf.Tensor2D;
  readonly positions: tf.Tensor2D;
  readonly layers: readonly CaptionLayer[];
  readonly norm: LayerNorm;
  readonly head: Linear;
  /** Image and text into the space in which they are contrasted. */
  readonly imageProjection: Linear;
  readonly textProjection: Linear;
  readonly logScale: tf.Tensor1D;
}

const EPS = 1e-5;

/** The captioner that trains a vision tower, with parameters from `from`; RangeError where a shape is not the configuration's. */
export async function loadCaptioner(from: TrainedParameters, config: CaptionerConfig): Promise<Captioner> {
  const { width } = config;
  const attention = async (at: string): Promise<Attention> => ({
    norm: await from.layerNorm(`${at}norm`, width),
    query: await from.linear(`${at}q_proj`, width, width, true),
    key: await from.linear(`${at}k_proj`, width, width, true),
    value: await from.linear(`${at}v_proj`, width, width, true),
    out: await from.linear(`${at}out_proj`, width, width, true),
  });
  const layers: CaptionLayer[] = [];
  for (let i = 0; i < config.layers; i++) {
    const at = `captioner.layers.${i}.`;
    layers.push({
      own: await attention(`${at}self_attn.`),
      cross: await attention(`${at}cross_attn.`),
      norm: await from.layerNorm(`${at}norm`, width),
      fc1: await from.linear(`${at}fc1`, width, 4 * width, true),
      fc2: await from.linear(`${at}fc2`, 4 * width, width, true),
    });
  }
  return {
    tokens: await from.matrix('captioner.embed_tokens.weight', config.vocabSize, width),
    positions: await from.matrix('captioner.embed_positions.weight', config.maxTokens, width),
    layers,
    norm: await from.layerNorm('captioner.norm', width),
    head: await from.linear('captioner.head', width, config.vocabSize, true),
    imageProjection: await from.linear('contrast.image', width, width, false),
    textProjection: await from.linear('contrast.text', width, width, false),
    logScale: await from.vector('contrast.log_scale.norm.weight', 1),
  };
}

/**
 * Caption ids [captions · length] over image features [images · positions, width], captions of one image side by side:
 * logits [captions · length, vocabulary], and each caption's text vector [captions, width], which has seen no image.
 */
export function runCaptioner(
  p: Captioner,
  config: CaptionerConfig,
  features: tf.Tensor2D,
  images: number,
  ids: tf.Tensor2D,
): { logits: tf.Tensor2D; text: tf.Tensor2D } {
  const [captions, length] = ids.shape;
  const { width } = config;
  const headDim = width / config.heads;
  const oneHot = tf.cast(
    tf.oneHot(tf.reshape(ids, [-1]) as tf.Tensor1D, config.vocabSize),
    'float32',
  ) as tf.Tensor2D;
  const placed = tf.slice(p.positions, [0, 0], [length, width]);
  const embedded = tf.reshape(tf.matMul(oneHot, p.tokens), [captions, length, width]);
  let x = tf.reshape<tf.Rank.R2>(tf.add(embedded, placed), [captions * length, width]);
  let text: tf.Tensor2D | null = null;
  for (const layer of p.layers) {
    const { own, cross } = layer;
    const normed = layerNorm(x, own.norm, EPS);
    const heads = (y: tf.Tensor2D, projection: Linear, batch: number) =>
      projectHeads(y, projection, headDim, batch);
    const told = attend(
      heads(normed, own.query, captions),
      [{ keys: heads(normed, own.key, captions), values: heads(normed, own.value, captions) }],
      { kind: 'causal' },
      captions,
    );
    x = tf.add(x, linear(joinHeads(told, captions), own.out));
    text ??= tf.mean(tf.reshape(x, [captions, length, width]), 1) as tf.Tensor2D;
    const seen = attend(
      heads(layerNorm(x, cross.norm, EPS), cross.query, images),
      [{ keys: heads(features, cross.key, images), values: heads(features, cross.value, images) }],
      { kind: 'all' },
      images,
    );
    x = tf.add(x, linear(joinHeads(seen, images), cross.out));
    const inner = activations.quick_gelu(linear(layerNorm(x, layer.norm, EPS), layer.fc1));
    x = tf.add(x, linear(inner, layer.fc2));
  }
  return { logits: linear(layerNorm(x, p.norm, EPS), p.head), text: text! };
}

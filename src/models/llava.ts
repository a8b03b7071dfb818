import * as tf from '@tensorflow/tfjs-core';
import { activations } from '../engine/ops.js';
import type { Parameters } from '../engine/parameters.js';
import { UserError } from '../errors.js';
import { type LoadedDecoder, loadDecoder, loadVisionTower } from './architectures/index.js';
import { featureIndices, type LlavaConfig, patchGrid } from './config/config.js';
import { type DecoderHooks, decoderInput, promptTokens, refuseTooLong } from './decoding/stretch.js';
import { loadProjector, project } from './projector.js';

/** A prompt: token ids of the text around the image, and the image as vision tokens [tokens, text width], null for none. */
export interface Prompt {
  readonly before: readonly number[];
  readonly visionTokens: tf.Tensor2D | null;
  readonly after: readonly number[];
}

/**
 * A LLaVA's forward pass, whole: prompt → logits [tokens, vocabulary] of every position. The vision tokens of an image are
 * `model.project(model.encode(pixels))`; `hooks` change position ids and attention, and watch. Generation computes the same
 * step by step (`decoding/prefill`, `decoding/generate`). UserError for a prompt of more tokens than the model has positions.
 */
export function forward(
  model: Llava,
  { before, visionTokens, after }: Prompt,
  hooks: DecoderHooks = {},
): tf.Tensor2D {
  const { config, decoder } = model;
  const tokens = promptTokens(before.length, visionTokens?.shape[0] ?? 0, after.length);
  refuseTooLong(tokens.length, config.text);
  return tf.tidy(() => {
    const parts = [
      ...(before.length > 0 ? [decoder.embed(before)] : []),
      ...(visionTokens ? [visionTokens] : []),
      ...(after.length > 0 ? [decoder.embed(after)] : []),
    ];
    const x = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
    const stretch = { phase: 'prefix', queries: tokens, keys: tokens } as const;
    return decoder.logits(decoder.run(decoderInput(config.text, hooks, stretch, x, [])).hidden);
  });
}

/** A LLaVA: vision tower → projector → decoder (Liu et al. 2024), with its parameters on the current backend. */
export interface Llava {
  readonly config: LlavaConfig;
  /** Vision tokens an image becomes. */
  readonly visionTokenCount: number;
  /** pixels [B, S, S, 3] → vision features [B · patches, feature width]: the chosen layers, concatenated. */
  encode(pixels: tf.Tensor4D): tf.Tensor2D;
  /** Hidden states 0 (embeddings) to the last needed layer of the vision tower, each [B · positions, width]. */
  visionHidden(pixels: tf.Tensor4D, upTo?: number): tf.Tensor2D[];
  /** Vision features → vision tokens [B · tokens, text width]. */
  project(features: tf.Tensor2D, batch?: number): tf.Tensor2D;
  readonly decoder: LoadedDecoder;
}

/** Reads all parameters, by Hugging Face's names for LLaVA (`vision_tower.vision_model.…`, `language_model.model.…`). */
export async function loadLlava(from: Parameters, config: LlavaConfig): Promise<Llava> {
  checkActivations(config);
  const layers = featureIndices(config);
  const tower = await loadVisionTower(from, config.vision, 'vision_tower.vision_model.');
  const projector = await loadProjector(from, config);
  const decoder = await loadDecoder(from, config.text, 'language_model.');
  await from.settled();
  if (config.featureSelect === 'default' && tower.classTokens === 0) {
    throw new UserError(
      `vision_feature_select_strategy is "default", which drops a class token, but a ${config.vision.modelType} has none; set it to "full"`,
    );
  }
  const dropped = config.featureSelect === 'default' ? tower.classTokens : 0;
  const features = patchGrid(config.vision) ** 2 + tower.classTokens - dropped;
  const last = Math.max(...layers);
  return {
    config,
    visionTokenCount: config.projector.poolSide ? config.projector.poolSide ** 2 : features,
    visionHidden: (pixels, upTo = last) => tower.run(pixels, upTo),
    encode: pixels =>
      tf.tidy(() => {
        const batch = pixels.shape[0];
        const hidden = tower.run(pixels, last);
        const chosen = layers.map(layer => {
          const state = config.featurePostLayerNorm ? tower.postNorm(hidden[layer]!) : hidden[layer]!;
          return withoutFirst(state, batch, dropped);
        });
        return chosen.length === 1 ? chosen[0]! : tf.concat(chosen, 1);
      }),
    project: (features, batch) => tf.tidy(() => project(projector, config, features, batch)),
    decoder,
  };
}

/** x [B · positions, width] without the first `count` positions of each image. */
function withoutFirst(x: tf.Tensor2D, batch: number, count: number): tf.Tensor2D {
  if (count === 0) return x;
  const [rows, width] = x.shape;
  const positions = rows / batch;
  const kept = tf.slice(tf.reshape(x, [batch, positions, width]), [0, count, 0], [-1, -1, -1]);
  return tf.reshape(kept, [batch * (positions - count), width]);
}

function checkActivations({ vision, projector, text }: LlavaConfig): void {
  for (const [part, name] of [
    ['vision tower', vision.activation],
    ['projector', projector.activation],
    ['decoder', text.activation],
  ] as const) {
    if (!(name in activations)) {
      throw new UserError(
        `the ${part}'s activation "${name}" is not supported; supported: ${Object.keys(activations).join(', ')}`,
      );
    }
  }
}

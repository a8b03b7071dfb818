import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import type { EmbeddingTable } from '../../engine/stored-values.js';
import { UserError } from '../../errors.js';
import type { TextConfig, VisionConfig } from '../config/config.js';
import { clip } from './clip.js';
import { llama } from './llama.js';
import { qwen2 } from './qwen2.js';
import { siglip } from './siglip.js';
import type { Decoder, DecoderInput, DecoderOutput, DecoderParameters, VisionTower } from './types.js';

// Parameters are the architecture's own: what its `load` gives, its `run` takes.
// biome-ignore lint/suspicious/noExplicitAny: a record of architectures of different parameters
type AnyVisionTower = VisionTower<any>;
// biome-ignore lint/suspicious/noExplicitAny: a record of architectures of different parameters
type AnyDecoder = Decoder<any>;

/** Vision towers by the `model_type` of their configuration; another is one file and one line. */
export const visionTowers = {
  clip_vision_model: clip,
  siglip_vision_model: siglip,
} satisfies Record<string, AnyVisionTower>;

/** Decoders by the `model_type` of their configuration; another is one file and one line. */
export const decoders = { llama, qwen2 } satisfies Record<string, AnyDecoder>;

/** The architecture of that name in `list`; UserError with the names that there are. */
export function architecture<A>(list: Readonly<Record<string, A>>, name: string, part: string): A {
  if (Object.hasOwn(list, name)) return list[name]!;
  throw new UserError(`${part} "${name}" is not supported; supported: ${Object.keys(list).join(', ')}`);
}

/** A vision tower with its parameters. */
export interface LoadedVisionTower {
  /** Positions before the patches in every hidden state. */
  readonly classTokens: number;
  /** pixels [B, S, S, 3] → hidden states 0 (embeddings) to `upTo`, each [B · positions, width]. */
  run(pixels: tf.Tensor4D, upTo: number): tf.Tensor2D[];
  /** The norm after the last layer: [rows, width] → [rows, width]. */
  postNorm(x: tf.Tensor2D): tf.Tensor2D;
}

/** Loads the tower that `config` names; tensor names start with `prefix`. */
export async function loadVisionTower(
  from: Parameters,
  config: VisionConfig,
  prefix: string,
): Promise<LoadedVisionTower> {
  const tower = architecture<AnyVisionTower>(visionTowers, config.modelType, 'vision tower');
  const parameters = await tower.load(from, config, prefix);
  return {
    classTokens: tower.classTokens,
    run: (pixels, upTo) => tower.run(parameters, config, pixels, upTo),
    postNorm: x => tower.postNorm(parameters, config, x),
  };
}

/** A decoder with its parameters. */
export interface LoadedDecoder {
  /** Token embeddings [ids, width]. */
  embed(ids: readonly number[]): tf.Tensor2D;
  /** One pass over a stretch of tokens. */
  run(input: DecoderInput): DecoderOutput;
  /** Logits [rows, vocabulary] of final hidden states [rows, width]. */
  logits(hidden: tf.Tensor2D): tf.Tensor2D;
}

/** Loads the decoder that `config` names; tensor names start with `prefix`. */
export async function loadDecoder(
  from: Parameters,
  config: TextConfig,
  prefix: string,
): Promise<LoadedDecoder> {
  const decoder = architecture<AnyDecoder>(decoders, config.modelType, 'decoder');
  const parameters: DecoderParameters = await decoder.load(from, config, prefix);
  return {
    embed: ids => lookUp(parameters.embeddings, config, ids),
    run: input => decoder.run(parameters, config, input),
    logits: hidden => linear(hidden, parameters.head),
  };
}

function lookUp(
  table: EmbeddingTable,
  { hiddenSize, vocabSize }: TextConfig,
  ids: readonly number[],
): tf.Tensor2D {
  const rows = new Float32Array(ids.length * hiddenSize);
  ids.forEach((id, i) => {
    if (!(id >= 0 && id < vocabSize)) {
      throw new UserError(
        `token id ${id} is outside the model's vocabulary of ${vocabSize}; the tokenizer belongs to another model`,
      );
    }
    table.copyRow(id, rows, i * hiddenSize);
  });
  return tf.tensor2d(rows, [ids.length, hiddenSize]);
}

import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import { UserError } from '../../errors.js';
import type { TextConfig } from '../config/config.js';
import type { DecoderInput, DecoderOutput } from './decoder-types.js';
import { loadLlama, runLlama } from './llama.js';
import { loadQwen2 } from './qwen2.js';

/** Decoders by the `model_type` of their configuration; another is one file and one line. */
const decoders = {
  llama: { load: loadLlama, run: runLlama },
  qwen2: { load: loadQwen2, run: runLlama },
};

export const decoderTypes: readonly string[] = Object.keys(decoders);

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
  if (!(config.modelType in decoders)) {
    throw new UserError(
      `decoder "${config.modelType}" is not supported; supported: ${decoderTypes.join(', ')}`,
    );
  }
  const decoder = decoders[config.modelType as keyof typeof decoders];
  const parameters = await decoder.load(from, config, prefix);
  return {
    embed: ids => lookUp(parameters.embeddings, config, ids),
    run: input => decoder.run(parameters, config, input),
    logits: hidden => linear(hidden, parameters.head),
  };
}

function lookUp(
  table: Float32Array,
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
    rows.set(table.subarray(id * hiddenSize, (id + 1) * hiddenSize), i * hiddenSize);
  });
  return tf.tensor2d(rows, [ids.length, hiddenSize]);
}

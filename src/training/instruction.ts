import * as tf from '@tensorflow/tfjs-core';
import { type KeysValues, type Rotary, rotaryAt } from '../engine/attention.js';
import { MASKED } from '../engine/masked.js';
import { linear } from '../engine/ops.js';
import { type LlamaParameters, runLlama } from '../models/architectures/llama.js';
import type { LlavaConfig } from '../models/config/config.js';
import { type ProjectorParameters, project } from '../models/projector.js';
import { crossEntropy } from './losses.js';
import type { Packed } from './packing.js';

/** What stages (b) to (d) train: projector and decoder, with the embedding table as a tensor. */
export interface LanguageTraining {
  readonly config: LlavaConfig;
  readonly projector: ProjectorParameters;
  readonly decoder: LlamaParameters;
  /** [vocabulary, width] */
  readonly embeddings: tf.Tensor2D;
}

export interface InstructionBatch {
  readonly images: number;
  /** Rows of packed exchanges an image. */
  readonly rows: number;
  /** Ids before the image. */
  readonly before: readonly number[];
  /** Vision features [images · patches, feature width]; null trains on text alone. */
  readonly features: tf.Tensor2D | null;
  readonly packed: readonly Packed[];
  /** What counts alike in the mean loss: every token of the answers, or every answer. */
  readonly alike: 'tokens' | 'answers';
}

/**
 * Cross-entropy of the answers. Each image's prefix (text before it, vision tokens) runs once; its packed exchanges
 * see the prefix and themselves, their positions going on after it: what inference shares (`src/models/prefix.ts`).
 */
export function instructionLoss(p: LanguageTraining, batch: InstructionBatch): tf.Scalar {
  const { config, decoder } = p;
  const { images, rows } = batch;
  const visionTokens = batch.features ? project(p.projector, config, batch.features, images) : null;
  const prefix = prefixKeysValues(p, batch, visionTokens);
  const start = batch.before.length + (visionTokens ? visionTokens.shape[0] / images : 0);
  const length = batch.packed[0]!.ids.length / rows;
  const ids = tf.tensor1d(concatenated(batch.packed.map(q => q.ids)), 'int32');
  const targets = concatenated(batch.packed.map(q => q.target));
  const answered = [...targets.keys()].filter(i => targets[i]! > 0);
  const { hidden } = runLlama(decoder, config.text, {
    x: tf.gather(p.embeddings, ids),
    batch: images * rows,
    rotary: exchangeRotary(batch, start, length, config),
    mask: (
      bias => () =>
        bias
    )({ kind: 'bias' as const, bias: exchangeMask(batch, start, length) }),
    past: [prefix.map(layer => repeated(layer, images, rows, config.text.kvHeads))],
    rows: answered,
  });
  return crossEntropy(
    linear(hidden, decoder.head),
    tf.tensor1d(
      answered.map(i => targets[i]!),
      'int32',
    ),
    batch.alike === 'answers' ? tf.tensor1d(answerShares(answered)) : undefined,
  );
}

/** For each token of the answers (positions in order), one over the number of tokens of its answer. */
function answerShares(positions: readonly number[]): number[] {
  const starts = [...positions.keys()].filter(i => i === 0 || positions[i]! > positions[i - 1]! + 1);
  return starts.flatMap((start, i) => {
    const length = (starts[i + 1] ?? positions.length) - start;
    return Array<number>(length).fill(1 / length);
  });
}

/** Keys and values of every image's prefix, layer by layer: groups [images · heads, tokens, head width]. */
function prefixKeysValues(
  { config, decoder, embeddings }: LanguageTraining,
  { images, before }: InstructionBatch,
  visionTokens: tf.Tensor2D | null,
): readonly KeysValues[] {
  const width = config.text.hiddenSize;
  const text = tf.tile(tf.expandDims(tf.gather(embeddings, tf.tensor1d([...before], 'int32')), 0), [
    images,
    1,
    1,
  ]) as tf.Tensor3D;
  const parts = visionTokens ? [text, tf.reshape<tf.Rank.R3>(visionTokens, [images, -1, width])] : [text];
  const together = parts.length === 1 ? parts[0]! : tf.concat(parts, 1);
  const tokens = together.shape[1];
  const positions = Array.from({ length: tokens }, (_, i) => i);
  return runLlama(decoder, config.text, {
    x: tf.reshape(together, [images * tokens, width]),
    batch: images,
    rotary: rotaryAt(positions, config.text.headDim, config.text.ropeTheta),
    mask: () => ({ kind: 'causal' }),
    rows: [], // its keys and values are all that is used
  }).own;
}

/** Every image's keys and values `rows` times: [images · heads, …] → [images · rows · heads, …]. */
function repeated({ keys, values }: KeysValues, images: number, rows: number, heads: number): KeysValues {
  const repeat = (of: tf.Tensor3D): tf.Tensor3D => {
    const [, tokens, width] = of.shape;
    const apart = tf.reshape(of, [images, 1, heads, tokens, width]);
    return tf.reshape(tf.tile(apart, [1, rows, 1, 1, 1]), [images * rows * heads, tokens, width]);
  };
  return { keys: repeat(keys), values: repeat(values) };
}

/** Each exchange's positions start after the prefix. */
function exchangeRotary(
  { packed, rows }: InstructionBatch,
  start: number,
  length: number,
  { text }: LlavaConfig,
): Rotary {
  const { cos, sin, halfTurn } = rotaryAt(
    Array.from({ length }, (_, i) => start + i),
    text.headDim,
    text.ropeTheta,
  );
  const offsets = new Int32Array(packed.length * rows * length);
  packed.forEach(({ exchange }, image) => {
    let first = 0;
    exchange.forEach((number, i) => {
      const column = i % length;
      if (column === 0 || number !== exchange[i - 1]) first = column;
      offsets[image * exchange.length + i] = column - first;
    });
  });
  const indices = tf.tensor1d(offsets, 'int32');
  const shape = [packed.length * rows, 1, length, text.headDim];
  return {
    cos: tf.reshape(tf.gather(cos, indices), shape),
    sin: tf.reshape(tf.gather(sin, indices), shape),
    halfTurn,
  };
}

/** [images · rows, 1, length, start + length]: a token sees the prefix and its own exchange up to itself. */
function exchangeMask({ packed, rows }: InstructionBatch, start: number, length: number): tf.Tensor4D {
  const keys = start + length;
  const bias = new Float32Array(packed.length * rows * length * keys);
  packed.forEach(({ exchange }, image) => {
    exchange.forEach((number, i) => {
      const column = i % length;
      const row = i - column;
      const at = (image * exchange.length + i) * keys + start;
      for (let key = 0; key < length; key++) {
        if (key > column || exchange[row + key] !== number) bias[at + key] = MASKED;
      }
    });
  });
  return tf.tensor4d(bias, [packed.length * rows, 1, length, keys]);
}

function concatenated(arrays: readonly Uint8Array[]): Int32Array {
  const whole = new Int32Array(arrays.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

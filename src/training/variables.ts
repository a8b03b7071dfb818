import * as tf from '@tensorflow/tfjs-core';
import { type ParameterSource, type Parameters, uploaded } from '../engine/parameters.js';
import { embeddingTable, storedFloats } from '../engine/stored-values.js';

/** One trained tensor: as the engine holds it, and as Hugging Face's layout stores it. */
export interface Trained {
  readonly name: string;
  /** Shape in Hugging Face's layout. */
  readonly shape: readonly number[];
  /** The values in the engine's own layout. */
  readonly variable: tf.Variable;
  /** The engine's layout as Hugging Face's: the same numbers, moved. */
  toStored(value: tf.Tensor): tf.Tensor;
  /** Whether weight decay applies: to matrices, not to biases, norms and embeddings. */
  readonly decayed: boolean;
}

/** Parameters that are variables of a training, with a list of them in the order they were asked for. */
export interface TrainedParameters extends Parameters {
  readonly trained: readonly Trained[];
}

const asStored = (value: tf.Tensor): tf.Tensor => value;
const transposed = (value: tf.Tensor): tf.Tensor => tf.transpose(value);

/** Variables that start at the values of `source`. */
export function trainable(source: ParameterSource): TrainedParameters {
  const from = uploaded(source);
  const trained: Trained[] = [];

  function add<T extends tf.Tensor>(
    name: string,
    shape: readonly number[],
    value: T,
    decayed: boolean,
    toStored: Trained['toStored'] = asStored,
  ): T {
    const variable = tf.variable(value, true);
    value.dispose();
    trained.push({ name, shape, variable, toStored, decayed });
    return variable as unknown as T;
  }

  const parameters: TrainedParameters = {
    trained,
    vector: async (name, size) => add(name, [size], await from.vector(name, size), false),
    matrix: async (name, rows, columns) =>
      add(name, [rows, columns], await from.matrix(name, rows, columns), false),
    linear: async (name, inputs, outputs, bias) => {
      const weight = await from.matrix(`${name}.weight`, outputs, inputs);
      const kernel = tf.transpose<tf.Tensor2D>(weight);
      weight.dispose();
      return {
        kernel: add(`${name}.weight`, [outputs, inputs], kernel, true, transposed),
        bias: bias ? await parameters.vector(`${name}.bias`, outputs) : null,
      };
    },
    layerNorm: async (name, size) => ({
      weight: await parameters.vector(`${name}.weight`, size),
      bias: await parameters.vector(`${name}.bias`, size),
    }),
    patchKernel: async (name, width, channels, side) => {
      const kernel = await from.patchKernel(name, width, channels, side);
      const toStored = (value: tf.Tensor) =>
        tf.reshape(tf.transpose(tf.reshape(value, [side * side, channels, width]), [2, 1, 0]), [
          width,
          channels,
          side,
          side,
        ]);
      return add(name, [width, channels, side, side], kernel, true, toStored);
    },
    // A training looks rows up in the variable; the values in JavaScript are those of the start.
    table: async (name, rows, width) => {
      const values = await source.read(name, [rows, width]);
      add(name, [rows, width], tf.tensor2d(values, [rows, width]), false);
      return embeddingTable(storedFloats(values), width);
    },
    settled: async () => {},
    dispose: () => tf.dispose(trained.map(t => t.variable)),
  };
  return parameters;
}

/** The trained tensors' present values in Hugging Face's layout. */
export function storedValues(trained: readonly Trained[]): Map<string, StoredTensor> {
  return new Map(
    trained.map(({ name, shape, variable, toStored }) => [
      name,
      { shape, values: tf.tidy(() => toStored(variable).dataSync<'float32'>()) },
    ]),
  );
}

/** The first of several sources that has a tensor gives it; the last one is asked for what the others lack. */
export const firstOf = (
  stored: ReadonlyMap<string, StoredTensor>,
  otherwise: ParameterSource,
): ParameterSource => ({
  read: async (name, shape) => stored.get(name)?.values ?? otherwise.read(name, shape),
});

/** A tensor in Hugging Face's layout. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

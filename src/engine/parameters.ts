import * as tf from '@tensorflow/tfjs-core';
import { type HeadProjection, headsPerGroup } from './attention.js';
import type { LayerNorm, Linear } from './ops.js';

/**
 * Where a model's parameters come from: a checkpoint, a random start, a training's variables. Names and shapes are
 * those of the stored tensor, in Hugging Face's layout: a linear layer's `weight` is [outputs, inputs].
 */
export interface ParameterSource {
  /** The values of one tensor; throws when it is missing or its shape is another. */
  read(name: string, shape: readonly number[]): Promise<Float32Array>;
}

/** Turns stored tensors into engine tensors. */
export interface Parameters {
  vector(name: string, size: number): Promise<tf.Tensor1D>;
  matrix(name: string, rows: number, columns: number): Promise<tf.Tensor2D>;
  /** `name.weight` [outputs, inputs], with `name.bias` when `bias`. */
  linear(name: string, inputs: number, outputs: number, bias: boolean): Promise<Linear>;
  /** The same, its outputs being `heads` heads side by side. */
  heads(name: string, inputs: number, heads: number, headDim: number, bias: boolean): Promise<HeadProjection>;
  layerNorm(name: string, size: number): Promise<LayerNorm>;
  /** A patch embedding's kernel [width, channels, side, side] as [side · side · channels, width]. */
  patchKernel(name: string, width: number, channels: number, side: number): Promise<tf.Tensor2D>;
  /** Values that stay in JavaScript (embedding tables: looking rows up there beats every backend's gather). */
  values(name: string, shape: readonly number[]): Promise<Float32Array>;
  /** Frees every tensor that was given out. */
  dispose(): void;
}

/** Parameters uploaded to the current backend, from `source`. */
export function uploaded(source: ParameterSource): Parameters {
  const given: tf.Tensor[] = [];
  const owned = <T extends tf.Tensor>(tensor: T): T => {
    given.push(tensor);
    return tensor;
  };

  const vector = async (name: string, size: number) => owned(tf.tensor1d(await source.read(name, [size])));

  const transposed = (values: Float32Array, outputs: number, inputs: number): tf.Tensor2D =>
    owned(tf.tidy(() => tf.transpose(tf.tensor2d(values, [outputs, inputs]))));

  return {
    vector,
    matrix: async (name, rows, columns) =>
      owned(tf.tensor2d(await source.read(name, [rows, columns]), [rows, columns])),
    linear: async (name, inputs, outputs, bias) => ({
      kernel: transposed(await source.read(`${name}.weight`, [outputs, inputs]), outputs, inputs),
      bias: bias ? await vector(`${name}.bias`, outputs) : null,
    }),
    heads: async (name, inputs, heads, headDim, bias) => {
      const size = headsPerGroup(heads) * headDim;
      const weight = await source.read(`${name}.weight`, [heads * headDim, inputs]);
      const shift = bias ? await source.read(`${name}.bias`, [heads * headDim]) : null;
      return Array.from({ length: (heads * headDim) / size }, (_, g) => ({
        kernel: transposed(weight.subarray(g * size * inputs, (g + 1) * size * inputs), size, inputs),
        bias: shift ? owned(tf.tensor1d(shift.subarray(g * size, (g + 1) * size))) : null,
      }));
    },
    layerNorm: async (name, size) => ({
      weight: await vector(`${name}.weight`, size),
      bias: await vector(`${name}.bias`, size),
    }),
    patchKernel: async (name, width, channels, side) => {
      const values = await source.read(name, [width, channels, side, side]);
      return owned(
        tf.tidy(() => {
          const stored = tf.tensor3d(values, [width, channels, side * side]);
          return tf.reshape<tf.Rank.R2>(tf.transpose(stored, [2, 1, 0]), [side * side * channels, width]);
        }),
      );
    },
    values: (name, shape) => source.read(name, shape),
    dispose: () => tf.dispose(given),
  };
}

import * as tf from '@tensorflow/tfjs-core';

/** A linear layer, y = x·kernel + bias. */
export interface Linear {
  /** [inputs, outputs] */
  readonly kernel: tf.Tensor2D;
  /** [outputs] */
  readonly bias: tf.Tensor1D | null;
}

/** Scale and shift of a layer norm. */
export interface LayerNorm {
  readonly weight: tf.Tensor1D;
  readonly bias: tf.Tensor1D;
}

/**
 * x [rows, inputs] → [rows, outputs]. Always a plain two-dimensional product: the wasm backend multiplies batches and
 * transposed operands on a scalar path, and its fused product is wrong there (TensorFlow.js 4.22).
 */
export function linear(x: tf.Tensor2D, { kernel, bias }: Linear): tf.Tensor2D {
  const product = tf.matMul<tf.Tensor2D>(x, kernel);
  return bias ? tf.add(product, bias) : product;
}

/** x / sqrt(mean(x²) + eps) · weight over the last axis (Zhang & Sennrich 2019; LLaMA's form). */
export function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D {
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps));
  return tf.mul(tf.mul(x, inverse), weight);
}

/** (x − mean) / sqrt(var + eps) · weight + bias over the last axis, biased variance. */
export function layerNorm(x: tf.Tensor2D, { weight, bias }: LayerNorm, eps: number): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
  return tf.add(tf.mul(tf.mul(centred, inverse), weight), bias) as tf.Tensor2D;
}

type Activation = (x: tf.Tensor2D) => tf.Tensor2D;

/** Activations by the names that Hugging Face configurations use. */
export const activations = {
  /** x/2 · (1 + erf(x/√2)): the exact GELU, not its tanh approximation. */
  gelu: x => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  /** x · sigmoid(1.702 x): CLIP's. Mixing it up with `gelu` costs accuracy without an error. */
  quick_gelu: x => tf.mul(x, tf.sigmoid(tf.mul(x, 1.702))),
  silu: x => tf.mul(x, tf.sigmoid(x)),
} satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

/** x [rows, features] with the rows of `indices`, in that order. */
export const takeRows = (x: tf.Tensor2D, indices: readonly number[]): tf.Tensor2D =>
  tf.gather(x, tf.tensor1d([...indices], 'int32'));

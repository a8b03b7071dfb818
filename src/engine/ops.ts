import * as tf from '@tensorflow/tfjs-core';

import { hasKernels, layerNormKernel, rmsNormKernel } from './wasm/kernels.js';

export { averagePool, maxPool, poolingWindow } from './pooling.js';

/** A linear layer, y = x·kernel + bias. */
export interface Linear {
  /** [inputs, outputs]: a tensor, or a kernel that rests in another form. */
  readonly kernel: tf.Tensor2D | Kernel;
  /** [outputs] */
  readonly bias: tf.Tensor1D | null;
}

/** A linear layer's matrix, however it rests: as stored, in 16 bits, or on the disk until it is needed. */
export interface Kernel {
  /** [inputs, outputs] */
  readonly shape: readonly [number, number];
  /** x [rows, inputs] → [rows, outputs] */
  product(x: tf.Tensor2D): tf.Tensor2D;
  dispose(): void;
}

/** Scale and shift of a layer norm. */
export interface LayerNorm {
  readonly weight: tf.Tensor1D;
  readonly bias: tf.Tensor1D;
}

/**
 * x [rows, inputs] → [rows, outputs]. With a tensor a plain two-dimensional product: the wasm backend multiplies batches
 * and transposed operands on a scalar path, and its fused product is wrong there (TensorFlow.js 4.22).
 */
export function linear(x: tf.Tensor2D, { kernel, bias }: Linear): tf.Tensor2D {
  const product = kernel instanceof tf.Tensor ? tf.matMul<tf.Tensor2D>(x, kernel) : kernel.product(x);
  return bias ? tf.add(product, bias) : product;
}

/**
 * x / sqrt(mean(x²) + eps) · weight over the last axis (Zhang & Sennrich 2019; LLaMA's form).
 * With g = dy · weight and x̂ = x / rms: dx = (g − x̂ · mean(g · x̂)) / rms.
 */
export function rmsNorm(x: tf.Tensor2D, weight: tf.Tensor1D, eps: number): tf.Tensor2D {
  if (hasKernels()) return rmsNormKernel(x, weight, eps);
  return tf.customGrad((...args) => {
    const [x, weight, save] = args as unknown as [tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), eps));
    const scaled = tf.mul(x, inverse);
    save([scaled, inverse, weight]);
    return { value: tf.mul(scaled, weight) as tf.Tensor2D, gradFunc: normGradients };
  })(x, weight);
}

/** (x − mean) / sqrt(var + eps) · weight + bias over the last axis, biased variance. */
export function layerNorm(x: tf.Tensor2D, { weight, bias }: LayerNorm, eps: number): tf.Tensor2D {
  if (hasKernels()) return layerNormKernel(x, weight, bias, eps);
  return tf.customGrad((...args) => {
    const [x, weight, bias, save] = args as unknown as [
      tf.Tensor2D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const centred = tf.sub(x, tf.mean(x, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), eps));
    const scaled = tf.mul(centred, inverse);
    save([scaled, inverse, weight]);
    return {
      value: tf.add(tf.mul(scaled, weight), bias) as tf.Tensor2D,
      gradFunc: (dy: tf.Tensor2D, saved: tf.Tensor[]) => {
        const [dx, dWeight] = normGradients(dy, saved) as [tf.Tensor2D, tf.Tensor1D];
        // The mean is subtracted from x, and so from its gradient.
        return [tf.sub(dx, tf.mean(dx, -1, true)), dWeight, tf.sum(dy, 0)];
      },
    };
  })(x, weight, bias);
}

/** Gradients of a norm's input and weight, from [x̂, 1 / scale, weight]. */
function normGradients(dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] {
  const [scaled, inverse, weight] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D];
  const products = tf.mul<tf.Tensor2D>(dy, scaled);
  const along = tf.div(tf.matMul(products, tf.reshape(weight, [-1, 1])), weight.size);
  const dx = tf.mul(tf.sub(tf.mul(dy, weight), tf.mul(scaled, along)), inverse);
  return [dx, tf.sum(products, 0)];
}

type Activation = (x: tf.Tensor2D) => tf.Tensor2D;

/** x · σ(slope · x), with its gradient σ · (1 + slope · x · (1 − σ)). */
const swish =
  (slope: number): Activation =>
  x =>
    tf.customGrad((...args) => {
      const [x, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
      const gate = tf.sigmoid(slope === 1 ? x : tf.mul(x, slope));
      const value = tf.mul<tf.Tensor2D>(x, gate);
      save([gate, value]);
      const gradFunc = (dy: tf.Tensor2D, [gate, value]: tf.Tensor[]) => {
        const rising = tf.mul(value!, tf.sub(1, gate!));
        return tf.mul(dy, tf.add(gate!, slope === 1 ? rising : tf.mul(rising, slope)));
      };
      return { value, gradFunc };
    })(x);

const TANH_GELU = 2 * Math.sqrt(2 / Math.PI);

/** Activations by the names that Hugging Face configurations use. */
export const activations = {
  /** x/2 · (1 + erf(x/√2)): the exact GELU, not its tanh approximation. */
  gelu: x => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)),
  /** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), as x · σ of twice that: the tanh approximation of GELU, SigLIP's. */
  gelu_pytorch_tanh: x =>
    tf.mul(x, tf.sigmoid(tf.mul(x, tf.add(tf.mul(tf.square(x), TANH_GELU * 0.044715), TANH_GELU)))),
  /** x · sigmoid(1.702 x): CLIP's. Mixing it up with `gelu` costs accuracy without an error. */
  quick_gelu: swish(1.702),
  silu: swish(1),
} satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

/** x [rows, features] with the rows of `indices`, in that order. */
export const takeRows = (x: tf.Tensor2D, indices: readonly number[]): tf.Tensor2D =>
  indices.length === 0 ? tf.zeros([0, x.shape[1]]) : tf.gather(x, tf.tensor1d([...indices], 'int32'));

/** L2 norm of every row of x [rows, features]: [rows, 1]. */
export const rowNorms = (x: tf.Tensor2D): tf.Tensor2D => tf.sqrt(tf.sum<tf.Tensor2D>(tf.square(x), -1, true));

/** x [rows, features] with every row scaled to the L2 norm `norm`; rows of zeros stay as they are. */
export const withNorm = (x: tf.Tensor2D, norm: number): tf.Tensor2D =>
  tf.mul(x, tf.div(norm, tf.maximum(rowNorms(x), 1e-30)));

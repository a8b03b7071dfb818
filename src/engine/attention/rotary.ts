import * as tf from '@tensorflow/tfjs-core';
import { hasKernels, rotateKernel } from '../wasm/kernels.js';

/** Rotation angles of a stretch of tokens: cosines and sines [tokens, head width] (or [batch, 1, tokens, head width]). */
export interface Rotary {
  readonly cos: tf.Tensor;
  readonly sin: tf.Tensor;
  /** [head width, head width]: x·halfTurn = (−second half of x, first half of x). */
  readonly halfTurn: tf.Tensor2D;
}

/**
 * Rotary position embedding with half-split pairs (Su et al. 2024 as LLaMA builds it): x·cos + halfTurn(x)·sin.
 * The half turn is a product with a signed permutation, exact in float32 and fast on every backend.
 */
export function rotate(heads: tf.Tensor3D, { cos, sin, halfTurn }: Rotary): tf.Tensor3D {
  const [rows, tokens, headDim] = heads.shape;
  if (hasKernels() && cos.rank === 2) return rotateKernel(heads, cos, sin);
  const turned = tf.matMul(tf.reshape<tf.Rank.R2>(heads, [rows * tokens, headDim]), halfTurn);
  const shape =
    cos.rank === 4 ? [cos.shape[0]!, rows / cos.shape[0]!, tokens, headDim] : [rows, tokens, headDim];
  const sum = tf.add(tf.mul(tf.reshape(heads, shape), cos), tf.mul(tf.reshape(turned, shape), sin));
  return tf.reshape<tf.Rank.R3>(sum, [rows, tokens, headDim]);
}

/** Where a token is: on a line; or in a space of several directions, over which the frequencies are dealt out in turn. */
export type Position = number | readonly number[];

/**
 * Angles of rotary position embedding for tokens at `positions`: position · theta^(−2i/d), i < d/2, both halves alike. Of a token in
 * several directions frequency i turns by the direction i mod their number.
 * Tensors are [tokens, headDim].
 */
export function rotaryAt(positions: readonly Position[], headDim: number, theta: number): Rotary {
  const half = headDim / 2;
  const cos = new Float32Array(positions.length * headDim);
  const sin = new Float32Array(positions.length * headDim);
  positions.forEach((place, row) => {
    const directions = typeof place === 'number' ? [place] : place;
    for (let i = 0; i < half; i++) {
      const position = directions[i % directions.length]!;
      // float32 as the reference computes it: the frequency, then the angle.
      const angle = Math.fround(Math.fround(position) * Math.fround(theta ** ((-2 * i) / headDim)));
      const at = row * headDim + i;
      cos[at] = cos[at + half] = Math.cos(angle);
      sin[at] = sin[at + half] = Math.sin(angle);
    }
  });
  const turn = new Float32Array(headDim * headDim);
  for (let i = 0; i < half; i++) {
    turn[(i + half) * headDim + i] = -1;
    turn[i * headDim + i + half] = 1;
  }
  return {
    cos: tf.tensor2d(cos, [positions.length, headDim]),
    sin: tf.tensor2d(sin, [positions.length, headDim]),
    halfTurn: tf.tensor2d(turn, [headDim, headDim]),
  };
}

import * as tf from '@tensorflow/tfjs-core';
import { seededRandom } from '../random.js';
import { MASKED } from './masked.js';
import { linear, rmsNorm } from './ops.js';

type Matrix = number[][];

interface Comparison {
  readonly got: tf.Tensor;
  /** The same in plain JavaScript, float64; values of the order of 1. */
  readonly want: Matrix;
}

/**
 * Compares TensorFlow.js's current backend with plain JavaScript: a matrix product, a softmax with masked logits, and a
 * decoder layer's norm, projections and causal attention in one go. Differences up to 1e-4 pass; up to 1e-2 where the
 * user allows TF32 by `NVIDIA_TF32_OVERRIDE`.
 *
 * @throws Error naming the first that differs, and by how much
 */
export async function selfTest(): Promise<void> {
  const tolerance = (process.env.NVIDIA_TF32_OVERRIDE ?? '0') === '0' ? 1e-4 : 1e-2;
  const checks = { 'matrix product': product, softmax, 'attention step': attentionStep };
  for (const [name, check] of Object.entries(checks)) {
    const { got, want } = check();
    const values = await got.data();
    got.dispose();
    const worst = Math.max(...want.flat().map((value, i) => Math.abs(value - values[i]!)));
    // Written this way round so that NaN fails.
    if (!(worst <= tolerance)) {
      throw new Error(`self-test: its ${name} differs from plain JavaScript by ${worst.toPrecision(2)}`);
    }
  }
}

/** [33, 129] × [129, 17]: no size is a multiple of a vector's width. */
function product(): Comparison {
  const [a, b] = [uniform(33, 129), uniform(129, 17)];
  const got = tf.tidy(() => linear(tf.tensor2d(a), { kernel: tf.tensor2d(b), bias: null }));
  return { got, want: times(a, b) };
}

function softmax(): Comparison {
  const logits = uniform(9, 21).map((row, i) => row.map((x, j) => (j > 2 * i ? MASKED : 20 * x)));
  return { got: tf.tidy(() => tf.softmax(tf.tensor2d(logits))), want: logits.map(softmaxRow) };
}

/** softmax(q·kᵀ/√d + mask)·v of n = x / rms(x), with q, k, v = n·W: 6 tokens of width 70, which is past wasm's trap at 48. */
function attentionStep(): Comparison {
  const [tokens, width] = [6, 70];
  const x = uniform(tokens, width);
  const [wq, wk, wv] = ['q', 'k', 'v'].map(name => uniform(width, width, name)) as [Matrix, Matrix, Matrix];
  const mask = x.map((_, i) => x.map((_, j) => (j > i ? MASKED : 0)));
  const scale = 1 / width;

  const got = tf.tidy(() => {
    const normed = rmsNorm(tf.tensor2d(x), tf.ones([width]), 1e-6);
    const project = (w: Matrix) => linear(normed, { kernel: tf.tensor2d(w), bias: null });
    const logits = tf.mul(tf.matMul(project(wq), tf.transpose(project(wk))), scale);
    return tf.matMul(tf.softmax(tf.add(logits, tf.tensor2d(mask))), project(wv));
  });

  const normed = x.map(row => {
    const rms = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / width + 1e-6);
    return row.map(value => value / rms);
  });
  const logits = times(times(normed, wq), transposed(times(normed, wk)));
  const masked = logits.map((row, i) => row.map((value, j) => value * scale + mask[i]![j]!));
  return { got, want: times(masked.map(softmaxRow), times(normed, wv)) };
}

/** Numbers in [-1, 1), the same on every machine. */
function uniform(rows: number, columns: number, name = ''): Matrix {
  const random = seededRandom('engine self-test', rows, columns, name);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => 2 * random() - 1));
}

const transposed = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map(row => row[j]!));

const times = (a: Matrix, b: Matrix): Matrix =>
  a.map(row => b[0]!.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k]![j]!, 0)));

function softmaxRow(row: number[]): number[] {
  const largest = Math.max(...row);
  const powers = row.map(value => Math.exp(value - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map(power => power / sum);
}

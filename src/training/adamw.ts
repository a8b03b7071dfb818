import * as tf from '@tensorflow/tfjs-core';
import type { Trained } from './variables.js';

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Largest L2 norm of all gradients together; larger ones are scaled down to it. */
  readonly clipNorm: number;
}

/** The optimiser's own state, one number a parameter each, in the order of the variables. */
interface AdamWState {
  readonly first: Float32Array;
  readonly second: Float32Array;
}

export interface AdamW {
  /**
   * One step number `step` (counted from 1) down the gradient of `loss`, which is called inside a tidy.
   * Returns the loss and the gradients' norm before clipping.
   */
  step(loss: () => tf.Scalar, step: number, learningRate: number): { loss: number; gradientNorm: number };
  state(): AdamWState;
  restore(state: AdamWState): void;
  /** Frees the optimiser's tensors, not the variables. */
  dispose(): void;
}

/**
 * AdamW (Loshchilov & Hutter 2019) with clipping by the global norm (Pascanu et al. 2013). All parameters are updated
 * as one vector: a dozen operations a step, however many variables there are.
 */
export function adamW(trained: readonly Trained[], options: AdamWOptions): AdamW {
  const { beta1, beta2, eps, weightDecay, clipNorm } = options;
  const variables = trained.map(t => t.variable);
  const sizes = variables.map(v => v.size);
  const decay = tf.tidy(() =>
    tf.concat(trained.map(t => tf.fill([t.variable.size], t.decayed ? weightDecay : 0))),
  );
  const flat = (tensors: readonly tf.Tensor[]): tf.Tensor1D =>
    tf.concat(tensors.map(t => tf.reshape<tf.Rank.R1>(t, [-1])));
  let first = tf.zeros([decay.size]) as tf.Tensor1D;
  let second = tf.zeros([decay.size]) as tf.Tensor1D;
  const keepState = (m: tf.Tensor1D, v: tf.Tensor1D) => {
    first.dispose();
    second.dispose();
    first = tf.keep(m);
    second = tf.keep(v);
  };

  return {
    step: (loss, step, learningRate) =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, variables);
        const raw = flat(variables.map(v => grads[v.name]!));
        const norm = tf.sqrt(tf.sum(tf.square(raw))) as tf.Scalar;
        const gradient = tf.mul(raw, tf.minimum(tf.div(clipNorm, norm), 1));
        const m = tf.add<tf.Tensor1D>(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
        const v = tf.add<tf.Tensor1D>(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
        const rate = learningRate / (1 - beta1 ** step);
        const scale = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(1 - beta2 ** step)), eps);
        const values = flat(variables);
        const moved = tf.sub(
          tf.sub(values, tf.mul(tf.mul(values, decay), learningRate)),
          tf.mul(tf.div(m, scale), rate),
        );
        tf.split(moved, sizes).forEach((part, i) => {
          variables[i]!.assign(tf.reshape(part, variables[i]!.shape));
        });
        keepState(m, v);
        return { loss: value.dataSync()[0]!, gradientNorm: norm.dataSync()[0]! };
      }),
    state: () => ({ first: first.dataSync<'float32'>(), second: second.dataSync<'float32'>() }),
    restore: state => keepState(tf.tensor1d(state.first), tf.tensor1d(state.second)),
    dispose: () => tf.dispose([first, second, decay]),
  };
}

/** Linear warm-up from 0 over `warmup` steps, then half a cosine down to 0 at `steps`; `step` counts from 1. */
export function cosineSchedule(step: number, steps: number, peak: number, warmup: number): number {
  if (step <= warmup) return (peak * step) / warmup;
  return (peak / 2) * (1 + Math.cos((Math.PI * (step - warmup)) / (steps - warmup)));
}

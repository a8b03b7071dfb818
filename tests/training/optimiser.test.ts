import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { type AdamWOptions, adamW, cosineSchedule } from '../../src/training/adamw.js';
import { mostObjects } from '../../src/training/curriculum.js';
import { registerGradients } from '../../src/training/gradients.js';
import { type Trained, trainable } from '../../src/training/variables.js';

const OPTIONS: AdamWOptions = { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.1, clipNorm: 1 };

beforeAll(async () => {
  registerGradients();
  await tf.setBackend('cpu');
});

async function parameters(): Promise<readonly Trained[]> {
  const from = trainable({
    read: async (_, shape) =>
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => 1 + i),
  });
  await from.linear('layer', 2, 1, true);
  return from.trained;
}

/** AdamW of one number, as Loshchilov & Hutter's algorithm 2 has it, in double precision. */
function reference(start: number, gradients: readonly number[], rate: number, decay: number): number {
  let [x, m, v] = [start, 0, 0];
  gradients.forEach((g, i) => {
    m = 0.9 * m + 0.1 * g;
    v = 0.98 * v + 0.02 * g * g;
    const [mHat, vHat] = [m / (1 - 0.9 ** (i + 1)), v / (1 - 0.98 ** (i + 1))];
    x -= rate * (mHat / (Math.sqrt(vHat) + 1e-8) + decay * x);
  });
  return x;
}

test('AdamW moves each parameter as the algorithm says; biases do not decay', async () => {
  const trained = await parameters();
  const [kernel, bias] = trained.map(t => t.variable);
  const optimizer = adamW(trained, { ...OPTIONS, clipNorm: 100 });
  const factors = [1, -2, 0.5];
  factors.forEach((factor, i) => {
    // The gradient is `factor` for each of the kernel's numbers, twice that for the bias.
    const loss = () => tf.mul(tf.add(tf.sum(kernel!), tf.mul(tf.sum(bias!), 2)), factor) as tf.Scalar;
    optimizer.step(loss, i + 1, 0.1);
  });
  const doubled = factors.map(f => 2 * f);
  expect(kernel!.dataSync()[0]).toBeCloseTo(reference(1, factors, 0.1, 0.1), 5);
  expect(kernel!.dataSync()[1]).toBeCloseTo(reference(2, factors, 0.1, 0.1), 5);
  expect(bias!.dataSync()[0]).toBeCloseTo(reference(1, doubled, 0.1, 0), 5);
});

test('gradients are clipped together: their direction stays, their norm becomes the limit', async () => {
  const trained = await parameters();
  const [kernel, bias] = trained.map(t => t.variable);
  const optimizer = adamW(trained, OPTIONS);
  const loss = () => tf.add(tf.mul(tf.sum(kernel!), 30), tf.mul(tf.sum(bias!), 0)) as tf.Scalar;
  const { gradientNorm } = optimizer.step(loss, 1, 0);
  expect(gradientNorm).toBeCloseTo(30 * Math.SQRT2, 4);
  const { first } = optimizer.state(); // after one step a tenth of the clipped gradient
  expect(first[0]).toBeCloseTo(0.1 / Math.SQRT2, 5);
  expect(first[1]).toBeCloseTo(0.1 / Math.SQRT2, 5);
  expect(first[2]).toBe(0);
});

test('the learning rate rises evenly, peaks after the warm-up and ends at zero', () => {
  const at = (step: number) => cosineSchedule(step, 100, 2, 10);
  expect(at(5)).toBeCloseTo(1);
  expect(at(10)).toBeCloseTo(2);
  expect(at(55)).toBeCloseTo(1);
  expect(at(100)).toBeCloseTo(0);
});

test('the curriculum shows every number of objects equally long, then all of them', () => {
  const steps = Array.from({ length: 100 }, (_, i) => mostObjects(i + 1, 100, 0.5));
  expect([2, 3, 4, 5].map(n => steps.filter(most => most === n).length)).toEqual([10, 10, 10, 10]);
  expect(new Set(steps.slice(40))).toEqual(new Set([6]));
});

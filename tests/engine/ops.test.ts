import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { type ActivationName, activations, layerNorm, rmsNorm, takeRows } from '../../src/engine/ops.js';
import { seededRandom } from '../../src/random.js';
import { testBackend, useEngine } from '../support/engine.js';

useEngine();

const random = seededRandom('ops test');
const rows = Array.from({ length: 7 }, () => Array.from({ length: 50 }, () => 6 * random() - 3));
const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;

async function expectNear(got: tf.Tensor, want: number[][], tolerance = 2e-6): Promise<void> {
  const values = await got.data();
  expect(values.length).toBe(want.flat().length);
  for (const [i, value] of want.flat().entries())
    expect(Math.abs(values[i]! - value)).toBeLessThan(tolerance);
}

/** erf by its Taylor series, which converges for every x; good to float64 for |x| ≤ 3. */
function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 80; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

const definitions: Record<ActivationName, (x: number) => number> = {
  gelu: x => (x / 2) * (1 + erf(x / Math.SQRT2)),
  gelu_pytorch_tanh: x => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  quick_gelu: x => x / (1 + Math.exp(-1.702 * x)),
  silu: x => x / (1 + Math.exp(-x)),
};

describe(`operations on ${testBackend}`, () => {
  for (const name of Object.keys(activations) as ActivationName[]) {
    it(`${name} follows its definition`, async () => {
      await expectNear(
        activations[name](tf.tensor2d(rows)),
        rows.map(row => row.map(definitions[name])),
      );
    });
  }

  it('rmsNorm follows its definition', async () => {
    const weight = rows[0]!.map((_, i) => 1 + i / 50);
    await expectNear(
      rmsNorm(tf.tensor2d(rows), tf.tensor1d(weight), 0.01),
      rows.map(row => {
        const rms = Math.sqrt(mean(row.map(x => x * x)) + 0.01);
        return row.map((x, i) => (x / rms) * weight[i]!);
      }),
    );
  });

  it('layerNorm follows its definition', async () => {
    const weight = rows[0]!.map((_, i) => 1 - i / 50);
    const bias = rows[0]!.map((_, i) => i / 7);
    await expectNear(
      layerNorm(tf.tensor2d(rows), { weight: tf.tensor1d(weight), bias: tf.tensor1d(bias) }, 0.01),
      rows.map(row => {
        const centre = mean(row);
        const deviation = Math.sqrt(mean(row.map(x => (x - centre) ** 2)) + 0.01);
        return row.map((x, i) => ((x - centre) / deviation) * weight[i]! + bias[i]!);
      }),
    );
  });

  it('takeRows takes rows in the order given', async () => {
    await expectNear(takeRows(tf.tensor2d(rows), [5, 0, 5]), [rows[5]!, rows[0]!, rows[5]!]);
  });
});

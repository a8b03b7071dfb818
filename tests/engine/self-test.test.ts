import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, startEngine } from '../../src/engine/backend.js';
import { selfTest } from '../../src/engine/self-test.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ backend: 'cpu' });
});
afterAll(() => engine.stop());

/** Lets the outputs of one kernel of the reference backend pass through `change`. */
function disturb(kernelName: string, change: (values: Float32Array) => void): void {
  const kernel = tf.getKernel(kernelName, 'cpu');
  const kernelFunc: tf.KernelFunc = call => {
    const output = kernel.kernelFunc(call) as tf.TensorInfo;
    change(tf.backend().readSync(output.dataId) as Float32Array);
    return output;
  };
  tf.unregisterKernel(kernelName, 'cpu');
  tf.registerKernel({ ...kernel, kernelFunc });
  restore = () => {
    tf.unregisterKernel(kernelName, 'cpu');
    tf.registerKernel(kernel);
  };
}

let restore = () => {};
afterEach(() => {
  restore();
  restore = () => {};
});

describe('selfTest', () => {
  test('passes on the reference backend and leaves no tensors', async () => {
    const before = tf.memory().numTensors;
    await selfTest();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('a product that is off by 0.001 in one place fails', async () => {
    disturb('BatchMatMul', values => {
      values[values.length - 1]! += 1e-3;
    });
    await expect(selfTest()).rejects.toThrow(/matrix product differs .* 0\.0010/);
  });

  test('a softmax of NaN fails', async () => {
    disturb('Softmax', values => values.fill(Number.NaN));
    await expect(selfTest()).rejects.toThrow(/softmax differs/);
  });

  test('an addition that is wrong only in the attention step fails there', async () => {
    disturb('Add', values => {
      values[0]! += 1;
    });
    await expect(selfTest()).rejects.toThrow(/attention step differs/);
  });
});

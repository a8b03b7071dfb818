import '@tensorflow/tfjs-backend-cpu';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linear } from '../../src/engine/ops.js';
import { seededRandom } from '../../src/random.js';
import { readCurve } from '../../src/training/curves.js';
import { registerGradients } from '../../src/training/gradients.js';
import { initialValues } from '../../src/training/initial-values.js';
import { readSafetensors } from '../../src/training/safetensors.js';
import { curvePath, finishedStage, resultPath, runStage, type Stage } from '../../src/training/stage.js';
import { trainable } from '../../src/training/variables.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-stage-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  registerGradients();
  await tf.setBackend('cpu');
});

const OPTIONS = {
  steps: 25,
  learningRate: 0.2,
  warmup: 3,
  optimizer: { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.01, clipNorm: 1 },
};

/** A regression whose batches follow from the step, as the recipe's do. */
async function regression(steps = OPTIONS.steps): Promise<Stage> {
  const from = trainable(initialValues(0, 1, 1));
  const layer = await from.linear('layer', 3, 2, true);
  return {
    name: 'regression',
    options: { ...OPTIONS, steps },
    trained: from.trained,
    batch: step => {
      const random = seededRandom('stage test', step);
      const x = Array.from({ length: 4 }, () => [random(), random(), random()]);
      const y = x.map(([a, b, c]) => [a! - b!, 2 * c!]);
      return () => tf.mean(tf.square(tf.sub(linear(tf.tensor2d(x), layer), tf.tensor2d(y)))) as tf.Scalar;
    },
  };
}

async function run(at: string, stopAt: number | null, steps?: number) {
  const stop = new AbortController();
  return runStage(await regression(steps), {
    folder: at,
    signal: stop.signal,
    onProgress: ({ step }) => step === stopAt && stop.abort(),
  });
}

test('a stage that was stopped and went on ends where one that ran through does', async () => {
  const [whole, broken] = [join(folder, 'whole'), join(folder, 'broken')];
  const record = await run(whole, null);
  await expect(run(broken, 10)).rejects.toThrow('stopped at step 10');
  expect(finishedStage(broken, 'regression')).toBeNull();
  const resumed = await run(broken, null);
  expect(resumed.interruptions).toBe(1);
  const result = (at: string) => readSafetensors(resultPath(at, 'regression')).tensors;
  expect(result(broken)).toEqual(result(whole));
  expect(readCurve(curvePath(broken, 'regression'))).toEqual(readCurve(curvePath(whole, 'regression')));
  expect(finishedStage(whole, 'regression')).toEqual(record);
});

test('it learns, and leaves its result in place of the checkpoint', async () => {
  const at = join(folder, 'learns');
  const record = await run(at, null);
  const [first] = readCurve(curvePath(at, 'regression'));
  expect(record.finalLoss).toBeLessThan(first!.loss / 2);
  expect(existsSync(join(at, 'regression.checkpoint.safetensors'))).toBe(false);
});

test('a checkpoint of other settings is not taken up', async () => {
  const at = join(folder, 'other');
  await expect(run(at, 10)).rejects.toThrow('stopped');
  await expect(run(at, null, 40)).rejects.toThrow('trained with other settings');
});

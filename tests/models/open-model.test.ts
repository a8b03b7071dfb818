import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { openModel } from '../../src/models/open-model.js';
import { promptTemplates } from '../../src/models/text/prompt.js';
import { useEngine } from '../support/engine.js';
import { readModelFixture } from '../support/fixtures.js';

useEngine();

test('a model that does not fit is refused before anything is loaded', async () => {
  const { checkpoint } = readModelFixture('siglip-qwen2');
  const before = tf.memory().numTensors;
  await expect(openModel(checkpoint, { memoryLimit: 1000 })).rejects.toThrow(/does not fit this engine/);
  expect(tf.memory().numTensors).toBe(before);
});

test.each([
  ['siglip-qwen2', promptTemplates.qwen_chat],
  ['gqa-tied', promptTemplates.llava_v1],
] as const)("%s: the decoder's own template, else the protocol's", async (name, template) => {
  const before = tf.memory().numTensors;
  const model = await openModel(readModelFixture(name).checkpoint, { memoryLimit: 2 ** 30 });
  expect(model.template(undefined, promptTemplates.llava_v1)).toBe(template);
  expect(model.template('plain', promptTemplates.llava_v1)).toBe(promptTemplates.plain);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

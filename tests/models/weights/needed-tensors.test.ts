import { expect, test } from 'vitest';
import { readLlavaConfig } from '../../../src/models/config/read-config.js';
import { openCheckpoint } from '../../../src/models/weights/checkpoint.js';
import { type NeededTensor, neededTensors } from '../../../src/models/weights/needed-tensors.js';
import { MODEL_FIXTURES, readModelFixture } from '../../support/fixtures.js';
import { published } from './published.js';

const valuesOf = ({ shape }: NeededTensor): number => shape.reduce((a, b) => a * b, 1);
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

test.each(MODEL_FIXTURES)('%s: exactly the tensors of the checkpoint, in their shapes', async name => {
  const { checkpoint: dir, visionTower } = readModelFixture(name);
  const checkpoint = await openCheckpoint(visionTower ? [dir, visionTower] : dir);
  try {
    const needed = await neededTensors(await readLlavaConfig(dir, checkpoint, { visionTower }));
    expect([...needed.keys()].sort()).toEqual(checkpoint.names());
    for (const [tensor, { shape }] of needed) expect(shape, tensor).toEqual(checkpoint.shape(tensor));
  } finally {
    await checkpoint.close();
  }
});

test.each([
  ['llava-1.5-7b-hf', 7.06e9], // parameters, as the model's page says
  ['llava-interleave-qwen-0.5b-hf', 1.73e9 / 2], // its file's bytes, in BF16
])('%s has %f parameters', async (name, parameters) => {
  const count = sum([...(await neededTensors(await published(name))).values()].map(valuesOf));
  expect(Math.abs(count / parameters - 1)).toBeLessThan(0.005);
});

test('what becomes of each: the table that is the head as well is both', async () => {
  const uses = async (name: string, tensor: string) =>
    (await neededTensors(await published(name))).get(`language_model.${tensor}`)!.uses;
  expect(await uses('llava-interleave-qwen-0.5b-hf', 'model.embed_tokens.weight')).toEqual([
    'table',
    'kernel',
  ]);
  expect(await uses('llava-1.5-7b-hf', 'model.embed_tokens.weight')).toEqual(['table']);
  expect(await uses('llava-1.5-7b-hf', 'lm_head.weight')).toEqual(['kernel']);
  expect(await uses('llava-1.5-7b-hf', 'model.norm.weight')).toEqual(['other']);
});

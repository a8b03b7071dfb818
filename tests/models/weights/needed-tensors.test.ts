import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import type { LlavaConfig } from '../../../src/models/config/config.js';
import { readLlavaConfig } from '../../../src/models/config/read-config.js';
import { openCheckpoint } from '../../../src/models/weights/checkpoint.js';
import {
  type NeededTensor,
  neededTensors,
  refuseTooLarge,
} from '../../../src/models/weights/needed-tensors.js';
import { MODEL_FIXTURES, readModelFixture } from '../../support/fixtures.js';
import { folderWith } from '../model-files.js';

const GIB = 2 ** 30;

const valuesOf = ({ shape }: NeededTensor): number => shape.reduce((a, b) => a * b, 1);
const sum = (numbers: Iterable<number>): number => [...numbers].reduce((a, b) => a + b, 0);

/** A published configuration, as `parity/make_config_fixtures.py` has it. */
async function published(name: string): Promise<LlavaConfig> {
  const file = new URL('../../../parity/fixtures/configs.json', import.meta.url);
  const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: { name: string; config: object }[] };
  const dir = await folderWith({ 'config.json': cases.find(c => c.name === name)!.config });
  return readLlavaConfig(dir, { has: () => false, shape: () => [], storedName: n => n });
}

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

describe('an engine too small is refused before loading', () => {
  test('the limit is the weights on the engine and the largest once more', async () => {
    const config = await published('llava-interleave-qwen-0.5b-hf');
    const needed = [...(await neededTensors(config)).values()];
    // The embedding table is the output head as well, so all of it is on the engine.
    const fits = 4 * (sum(needed.map(valuesOf)) + 152000 * 1024);
    await refuseTooLarge('model', config, fits);
    await expect(refuseTooLarge('model', config, fits - 1)).rejects.toThrow(UserError);
  });

  test('an untied embedding table is none of the engine’s', async () => {
    const needed = await neededTensors(await published('llava-1.5-7b-hf'));
    const inJavaScript = [...needed].filter(([, { onEngine }]) => !onEngine).map(([name]) => name);
    expect(inJavaScript).toEqual(['language_model.model.embed_tokens.weight']);
  });

  test('with the numbers and what to do', async () => {
    const config = await published('llava-interleave-qwen-0.5b-hf');
    await expect(refuseTooLarge('models/small', config, 3.5 * GIB)).rejects.toThrow(
      /^models\/small does not fit this engine: in float32 its weights take 3\.\d\d GiB, and 593\.8 MiB more while they load; the engine can hold 3\.50 GiB\. Use the native engine \(vlm-spatial native/,
    );
  });
});

import '@tensorflow/tfjs-backend-cpu';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploaded } from '../../src/engine/parameters.js';
import { loadLlava } from '../../src/models/llava.js';
import { openModel } from '../../src/models/open-model.js';
import { normalizeTokens } from '../../src/models/projector.js';
import { openCheckpoint } from '../../src/models/weights/checkpoint.js';
import { exportMember, exportTower } from '../../src/training/export-member.js';
import { initialValues } from '../../src/training/initial-values.js';
import { EMBEDDINGS } from '../../src/training/language-stages.js';
import { memberConfig, normalizeFor } from '../../src/training/member-config.js';
import { FAMILY, NORMALIZE, TEXT } from '../../src/training/recipe.js';
import { roundedToHalf } from '../../src/training/safetensors.js';
import type { StoredTensor } from '../../src/training/variables.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-family-'));
afterAll(() => rmSync(folder, { recursive: true }));
beforeAll(async () => {
  await tf.setBackend('cpu');
});

// Rows of norm 1, 2 and 3.
const TABLE = Float32Array.from([0.6, 0.8, 0, 2, 3, 0]);

test('+ Normalize gives every token the norm √(mean · max) of the embedding table', () => {
  const normalize = normalizeFor(TABLE, 2);
  expect(normalize.max * normalize.scale).toBeCloseTo(Math.sqrt(2 * 3), 4);
  const tokens = normalizeTokens(tf.tensor2d([5, -40, 0.3, 70], [2, 2]), tf.tensor1d([1, 1]), {
    ...normalize,
    max: normalize.max / 4, // in two dimensions RMSNorm leaves a norm of √2, in 96 of 9.8
  });
  const norms = tf.sqrt(tf.sum(tf.square(tokens), 1)).arraySync() as number[];
  for (const norm of norms) expect(norm).toBeCloseTo(Math.sqrt(2 * 3) / 4, 4);
});

test('the recipe’s constants are near those of the shipped baseline’s table, which its third round made grow', async () => {
  const checkpoint = await openCheckpoint('weights/mini/base');
  const { max, scale } = normalizeFor(await checkpoint.read(EMBEDDINGS), TEXT.hiddenSize);
  await checkpoint.close();
  const ratio = (NORMALIZE.max * NORMALIZE.scale) / (max * scale);
  expect(ratio).toBeGreaterThan(0.85);
  expect(ratio).toBeLessThan(1.15);
});

test('members differ from the baseline by what the paper changes, and by nothing else', () => {
  const [base, ...others] = FAMILY.map(member => ({ member, config: memberConfig(member) }));
  expect(base!.config.projector).toMatchObject({ normalize: null, poolSide: null });
  for (const { member, config } of others) {
    expect(config.vision).toEqual(base!.config.vision);
    expect(config.text).toEqual(base!.config.text);
    expect(config.projector.normalize).toEqual(member.variant === 'baseline' ? null : NORMALIZE);
    expect(config.projector.poolSide).toBe(member.poolSide);
    const multilayer = member.variant === 'normalize-multilayer';
    expect(config.featureLayers).toEqual(multilayer ? [3, 4, 5, 6] : [-2]);
    expect(config.featurePostLayerNorm).toBe(multilayer);
  }
});

test.each(FAMILY.map(member => member.name))(
  '%s is read back from its folder as it was written',
  async name => {
    const member = FAMILY.find(other => other.name === name)!;
    const config = memberConfig(member);
    const tensors = new Map<string, StoredTensor>();
    const source = initialValues(0, 4, 0.02);
    const made = await loadLlava(
      uploaded({
        read: async (name, shape) => {
          const values = roundedToHalf(await source.read(name, shape));
          tensors.set(name, { shape, values });
          return values;
        },
      }),
      config,
    );
    const isTower = ([name]: [string, StoredTensor]) => name.startsWith('vision_tower.');
    const tower = new Map([...tensors].filter(isTower));
    exportTower(folder, tower);
    exportMember(join(folder, name), config, new Map([...tensors].filter(t => !isTower(t))), tower);

    const model = await openModel(join(folder, name));
    expect(model.llava.config).toEqual(config);
    expect(model.stopIds).toEqual(config.text.eosTokenIds);
    expect(model.suffix).toBe('');
    expect(model.template(undefined)).toBe('USER: <image>\n{question} ASSISTANT:');
    const pixels = tf.randomUniform([1, 128, 128, 3], -1, 1, 'float32', 5) as tf.Tensor4D;
    const vision = ({ project, encode }: typeof made) => project(encode(pixels), 1).arraySync();
    expect(vision(model.llava)).toEqual(vision(made));
    expect(model.llava.visionTokenCount).toBe((member.poolSide ?? 8) ** 2);
    model.dispose();
  },
);

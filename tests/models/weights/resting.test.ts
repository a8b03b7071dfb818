import { execFileSync } from 'node:child_process';
import { closeSync, openSync, truncateSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { generate } from '../../../src/models/decoding/generate.js';
import { prefill } from '../../../src/models/decoding/prefill.js';
import { forward } from '../../../src/models/llava.js';
import { type OpenedModel, type OpenModelOptions, openModel } from '../../../src/models/open-model.js';
import { openLayerStream } from '../../../src/models/weights/layer-stream.js';
import { testBackend, useEngine } from '../../support/engine.js';
import { readModelFixture } from '../../support/fixtures.js';
import { folderWith } from '../model-files.js';

useEngine();

const machine = (gib: number) => ({ bytes: gib * 2 ** 30, source: 'the memory of a test' });

/** Every way in which weights may rest on the tests' engine. */
const ways: Record<string, OpenModelOptions> = {
  ...(testBackend === 'native' && {
    'as stored': { dtype: 'checkpoint' },
    'as stored, streamed': { dtype: 'checkpoint', weights: 'streamed' },
  }),
  streamed: { dtype: 'float32', weights: 'streamed' },
};

/** Logits of a prompt with an image, and answers to two questions on it: a long pass, a packed one, single rows. */
function answers({ llava }: OpenedModel) {
  const { imageSize } = llava.config.vision;
  tf.engine().startScope();
  try {
    const pixels = tf.randomUniform<tf.Rank.R4>([1, imageSize, imageSize, 3], -1, 1, 'float32', 1);
    const visionTokens = llava.project(llava.encode(pixels));
    const logits = forward(llava, { before: [1, 2, 3], visionTokens, after: [4, 5] }).dataSync<'float32'>();
    const prefix = prefill(llava, [1, 2, 3], visionTokens);
    const rules = { maxNewTokens: 6, stopIds: [], temperature: 0 };
    const generations = [
      ...generate(llava, prefix, [[4, 5]], rules),
      ...generate(llava, prefix, [[6], [7, 8, 9]], rules),
    ];
    prefix.dispose();
    return { logits, generations };
  } finally {
    tf.engine().endScope();
  }
}

describe.each(['siglip-qwen2', 'bf16-multilayer'] as const)('%s, stored in bfloat16', name => {
  const { checkpoint } = readModelFixture(name);

  test.each(Object.entries(ways))('%s: logits and answers bit for bit those of float32', async (_, way) => {
    const before = tf.memory().numTensors;
    const plain = await openModel(checkpoint, { dtype: 'float32', weights: 'resident' });
    const expected = answers(plain);
    plain.dispose();
    const model = await openModel(checkpoint, way);
    expect(model.streamed).toBe(way.weights === 'streamed');
    // Twice: the second time kernels that stay widened have been widened.
    for (const found of [answers(model), answers(model)]) {
      expect(found.generations).toEqual(expected.generations);
      expect(Buffer.from(found.logits.buffer).equals(Buffer.from(expected.logits.buffer))).toBe(true);
    }
    model.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a model that fits only when it is streamed is streamed, and one that does not fit is refused', async () => {
  const { checkpoint } = readModelFixture('siglip-qwen2');
  const before = tf.memory().numTensors;
  await expect(openModel(checkpoint, { machine: machine(0.001) })).rejects.toThrow(/does not fit: it needs/);
  expect(tf.memory().numTensors).toBe(before);
});

describe('reading for each pass', () => {
  test('a file that has become shorter is named, and the next pass reads it again', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-stream-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    await cp(readModelFixture('siglip-qwen2').checkpoint, dir, { recursive: true });
    const model = await openModel(dir, { weights: 'streamed' });
    onTestFinished(() => model.dispose());
    const file = join(dir, 'model.safetensors');
    truncateSync(file, 1000);
    const ask = () => tf.tidy(() => forward(model.llava, { before: [1, 2], visionTokens: null, after: [] }));
    // Layers that were read ahead may still be there.
    const asked = () => {
      for (let i = 0; i < 4; i++) ask();
    };
    expect(asked).toThrow(UserError);
    expect(asked).toThrow(/model\.safetensors: ended while it was read; was it replaced meanwhile\?/);
    await cp(join(readModelFixture('siglip-qwen2').checkpoint, 'model.safetensors'), file);
    asked();
  });

  test('a shard that has gone is named', () => {
    const stream = openLayerStream([['a'], ['b']], () => source('/nowhere/model.safetensors'));
    onTestFinished(stream.close);
    expect(() => stream.values('a')).toThrow(/ENOENT.*\/nowhere\/model\.safetensors/);
  });

  test('a disk that stalls is named', async () => {
    const file = join(await folderWith({}), 'model.safetensors');
    execFileSync('mkfifo', [file]);
    const stream = openLayerStream([['a'], ['b']], () => source(file), 300);
    expect(() => stream.values('a')).toThrow(/model\.safetensors: gave nothing for 0\.3 s while layer 0/);
    closeSync(openSync(file, 'r+')); // lets the reading thread go on, to its end
    stream.close();
  });
});

const source = (path: string) => ({
  ...{ path, dtype: 'BF16' as const, position: 0, byteLength: 8 },
  readInto: () => Promise.reject(new Error('not in one piece')),
});

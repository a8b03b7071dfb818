import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/models/weights/checkpoint.js';
import { halfBits, halfValue } from '../../src/training/half.js';
import { readSafetensors, roundedToHalf, writeSafetensors } from '../../src/training/safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-stored-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('every half-precision number keeps its bits', () => {
  for (let bits = 0; bits < 0x7c01; bits++) {
    expect(halfBits(halfValue(bits))).toBe(bits);
    expect(halfBits(-halfValue(bits))).toBe(bits | 0x8000);
  }
  expect(halfBits(Number.NaN)).toBe(0x7e00);
});

test('a number between two half-precision ones goes to the nearer, a middle one to the even', () => {
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [halfValue(bits), halfValue(bits + 1)];
    expect(halfBits(low + 0.25 * (high - low))).toBe(bits);
    expect(halfBits(low + 0.75 * (high - low))).toBe(bits + 1);
    expect(halfBits((low + high) / 2)).toBe(bits % 2 === 0 ? bits : bits + 1);
  }
  expect(halfBits(70000)).toBe(0x7c00);
  expect(halfBits(1e-9)).toBe(0);
});

const NAME = 'language_model.model.norm.weight';
const values = Float32Array.from([1 / 3, -2.5, 1e-3, 40, 0.1, 7]);

test.each(['F32', 'F16'] as const)(
  'what is written as %s is read back by the checkpoint reader',
  async dtype => {
    writeSafetensors(join(folder, 'model.safetensors'), new Map([[NAME, { shape: [2, 3], values }]]), dtype);
    const checkpoint = await openCheckpoint(folder);
    expect(checkpoint.dtype(NAME)).toBe(dtype);
    expect(await checkpoint.read(NAME, [2, 3])).toEqual(dtype === 'F32' ? values : roundedToHalf(values));
    await checkpoint.close();
  },
);

test('a training reads its own checkpoints: values, shapes and what is told of them', () => {
  const path = join(folder, 'checkpoint.safetensors');
  const tensors = new Map([
    ['a', { shape: [2, 3], values }],
    ['b', { shape: [1], values: Float32Array.of(5) }],
  ]);
  writeSafetensors(path, tensors, 'F32', { training: '{"step":3}' });
  const read = readSafetensors(path);
  expect(read.tensors).toEqual(tensors);
  expect(read.metadata.training).toBe('{"step":3}');
});

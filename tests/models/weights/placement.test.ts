import { beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import type { LlavaConfig } from '../../../src/models/config/config.js';
import { neededTensors } from '../../../src/models/weights/needed-tensors.js';
import {
  placeWeights,
  type Room,
  type Stored,
  type WeightOptions,
  workingBytes,
} from '../../../src/models/weights/placement.js';
import { published } from './published.js';

const GIB = 2 ** 30;

let config: LlavaConfig;
let tensors: Stored[];
beforeAll(async () => {
  config = await published('llava-1.5-7b-hf');
  tensors = await in16Bits(config);
});

/** What a checkpoint of that configuration holds in 16 bits. */
async function in16Bits(config: LlavaConfig): Promise<Stored[]> {
  const needed = [...(await neededTensors(config))];
  return needed.map(([name, tensor]) => ({
    ...tensor,
    name,
    byteLength: 2 * tensor.shape.reduce((n, d) => n * d, 1),
  }));
}

const native = (bytes: number): Room => ({
  engine: null,
  machine: { bytes, source: 'the memory that is available' },
  keepsStored: true,
  apart: false,
});
const wasm: Room = { ...native(64 * GIB), engine: 3.5 * GIB, keepsStored: false };
const place = (room: Room, options: WeightOptions = {}) =>
  placeWeights('dir', config, tensors, options, room);

describe('7 billion parameters in 16 bits, 13.1 GiB', () => {
  test('rest as stored where float32 would not fit with room to spare', () => {
    const stored = { rest: { dtype: 'checkpoint', keepWidened: false }, streamed: false };
    expect(place(native(24 * GIB))).toEqual(stored);
    expect(place(native(16 * GIB))).toEqual(stored);
    expect(place(native(15.5 * GIB), { questions: 1 })).toEqual(stored);
  });

  test('what decoding uses stays in float32 where there is twice the memory', () => {
    expect(place(native(64 * GIB)).rest).toEqual({ dtype: 'checkpoint', keepWidened: true });
    expect(place(native(64 * GIB), { dtype: 'checkpoint' }).rest.keepWidened).toBe(false);
    expect(place(native(64 * GIB), { dtype: 'float32' }).rest.dtype).toBe('float32');
  });

  test('are streamed where they do not fit, in under 5 GiB', () => {
    expect(place(native(12 * GIB)).streamed).toBe(true);
    expect(place(native(5 * GIB)).streamed).toBe(true);
    expect(place(native(64 * GIB), { weights: 'streamed' }).streamed).toBe(true);
  });

  test('are refused where nothing fits, with what is needed, what there is and what would help', () => {
    expect(() => place(native(2 * GIB))).toThrow(UserError);
    expect(() => place(native(2 * GIB))).toThrow(
      /^dir does not fit: it needs 4\.\d\d GiB \(1\.\d\d GiB for weights as they are stored, 1\.\d\d GiB for keys, values and intermediate results of 32 questions\), and 2\.00 GiB is the memory that is available\. Use a smaller model/,
    );
    expect(() => place(native(12 * GIB), { weights: 'resident' })).toThrow(
      /it needs 15\.\d\d GiB .* Use --weights streamed \(needs 4\.\d\d GiB\)/,
    );
    expect(() => place(native(20 * GIB), { dtype: 'float32', weights: 'resident' })).toThrow(
      /26\.\d\d GiB for weights in float32.* Use --dtype checkpoint \(needs 15\.\d\d GiB\), --weights streamed/,
    );
  });

  test('a GPU of 16 GB holds them, one of 12 GB has them streamed, whatever the machine has', () => {
    const gpu = (gib: number): Room => ({ ...native(4 * GIB), engine: gib * GIB, apart: true });
    expect(place(gpu(16))).toEqual({ rest: { dtype: 'checkpoint', keepWidened: false }, streamed: false });
    expect(place(gpu(12)).streamed).toBe(true);
    expect(place(gpu(80)).rest.keepWidened).toBe(true);
  });

  test('are streamed or refused by wasm, whose limit is the engine’s own', () => {
    expect(place(wasm, { questions: 1 })).toEqual({
      rest: { dtype: 'float32', keepWidened: false },
      streamed: true,
    });
    expect(() => place(wasm, { questions: 1, weights: 'resident' })).toThrow(
      /needs 2\d\.\d\d GiB in the engine .* which can hold 3\.50 GiB\. Use --weights streamed .* the native engine/,
    );
    expect(() => place(wasm, { dtype: 'checkpoint' })).toThrow(/keeps weights in float32 only/);
  });
});

test('a small model is widened when it is loaded', () => {
  const small = tensors.filter(({ name }) => /layers\.0\./.test(name)).slice(0, 4);
  expect(placeWeights('dir', config, small, {}, native(24 * GIB)).rest.dtype).toBe('float32');
});

test('the working memory is keys, values and the largest pass: 32 questions on 577 positions', () => {
  const { layers, hiddenSize } = config.text;
  const cache = 4 * 2 * layers * hiddenSize * (577 + 64 + 32 * 32);
  expect(workingBytes(config, 32)).toBeGreaterThan(cache);
  expect(workingBytes(config, 32)).toBeLessThan(1.5 * cache);
});

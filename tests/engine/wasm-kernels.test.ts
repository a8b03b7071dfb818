import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attendPlainly, causalBias } from '../../src/engine/attention/plain.js';
import type { KeysValues } from '../../src/engine/attention/types.js';
import { type AttentionMask, attend, rotaryAt, rotate } from '../../src/engine/attention.js';
import { type Engine, startEngine } from '../../src/engine/backend.js';
import { MASKED } from '../../src/engine/masked.js';
import { layerNorm, rmsNorm } from '../../src/engine/ops.js';
import { seededRandom } from '../../src/random.js';

/** Odd, so that no loop may count on pairs. */
const WIDTH = 5;

let engine: Engine;

beforeAll(async () => {
  engine = await startEngine({ backend: 'wasm', threads: 1 });
});

afterAll(() => engine.stop());

const numbers = (name: string, size: number) => {
  const random = seededRandom('wasm kernels', name);
  return Float32Array.from({ length: size }, () => 2 * random() - 1);
};

/** What `work` gives on the wasm engine and on the plain one in JavaScript. */
async function onBoth(work: () => tf.Tensor[]): Promise<[Float32Array[], Float32Array[]]> {
  const read = () => tf.tidy(() => work().map(t => t.dataSync<'float32'>()));
  const own = read();
  await tf.setBackend('cpu');
  try {
    return [own, read()];
  } finally {
    await tf.setBackend('wasm');
  }
}

function expectSame([own, plain]: [Float32Array[], Float32Array[]]): void {
  expect(own.map(v => v.length)).toEqual(plain.map(v => v.length));
  own.forEach((values, t) => {
    const off = values.reduce((worst, v, i) => Math.max(worst, Math.abs(v - plain[t]![i]!)), 0);
    expect(off).toBeLessThan(2e-6);
  });
}

const heads = (name: string, count: number, tokens: number): tf.Tensor3D =>
  tf.tensor3d(numbers(name, count * tokens * WIDTH), [count, tokens, WIDTH]);

const stretch = (name: string, count: number, tokens: number): KeysValues => ({
  keys: heads(`${name} keys`, count, tokens),
  values: heads(`${name} values`, count, tokens),
});

/** Every third key hidden, the others biased. */
const bias = (queries: number, keys: number) =>
  Float32Array.from(numbers('bias', queries * keys), (v, i) => (i % 3 === 1 ? MASKED : v));

// More than 2^12 logits are computed by products, fewer by the kernel.
test.each([
  ['few', 9, [4, 9]],
  ['one query', 1, [7, 3, 1]],
  ['many', 70, [20, 70]],
] as const)('attention and its probabilities are the plain definition’s: %s', async (_, queries, lengths) => {
  const keys = lengths.reduce((a, b) => a + b, 0);
  const masks: Record<string, () => AttentionMask> = {
    all: () => ({ kind: 'all' }),
    causal: () => ({ kind: 'causal' }),
    bias: () => ({ kind: 'bias', bias: tf.tensor2d(bias(queries, keys), [queries, keys]) }),
  };
  for (const mask of Object.values(masks)) {
    expectSame(
      await onBoth(() => {
        const q = heads('q', 4, queries);
        const segments = lengths.map((length, i) => stretch(`s${i}`, 2, length));
        const seen: tf.Tensor[] = [];
        if (tf.getBackend() === 'wasm') return [attend(q, segments, mask(), 1, p => seen.push(p)), ...seen];
        const given = mask();
        const plain =
          given.kind === 'causal' ? causalBias(queries, keys) : 'bias' in given ? given.bias : null;
        return [attendPlainly(q, segments, plain, 1, p => seen.push(p)), ...seen];
      }),
    );
  }
});

test('attention of a batch, each of it under a bias of its own', async () => {
  expectSame(
    await onBoth(() => {
      const mask = { kind: 'bias', bias: tf.tensor4d(bias(6, 4), [2, 1, 3, 4]) } as const;
      return [attend(heads('q', 4, 3), [stretch('s', 4, 4)], mask, 2)];
    }),
  );
});

test('norms and rotation are those of the plain operations', async () => {
  expectSame(
    await onBoth(() => {
      const x = tf.tensor2d(numbers('x', 6 * 8), [6, 8]);
      const weight = tf.tensor1d(numbers('weight', 8));
      const shift = tf.tensor1d(numbers('shift', 8));
      const queries = tf.tensor3d(numbers('queries', 2 * 3 * 8), [2, 3, 8]);
      return [
        rmsNorm(x, weight, 1e-5),
        layerNorm(x, { weight, bias: shift }, 1e-5),
        rotate(queries, rotaryAt([3, 4, 90], 8, 10000)),
      ];
    }),
  );
});

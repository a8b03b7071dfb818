import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { attendInBiasedBlocks, attendInCausalBlocks } from '../../src/engine/attention/blocks.js';
import { attendPlainly, causalBias } from '../../src/engine/attention/plain.js';
import type { KeysValues } from '../../src/engine/attention/types.js';
import { attendWithGradient } from '../../src/engine/attention/with-gradient.js';
import { type AttentionMask, attend } from '../../src/engine/attention.js';
import { seededRandom } from '../../src/random.js';

// Where heads stand in one tensor, as on every backend but wasm: only there are the fast paths taken.
beforeAll(async () => {
  await tf.setBackend('cpu');
});

const WIDTH = 4;

/** Heads [heads, tokens, width] in [-1, 1). */
function heads(name: string, count: number, tokens: number): tf.Tensor3D {
  const random = seededRandom('attention paths', name);
  const values = Float32Array.from({ length: count * tokens * WIDTH }, () => 2 * random() - 1);
  return tf.tensor3d(values, [count, tokens, WIDTH]);
}

const stretch = (name: string, count: number, tokens: number): KeysValues => ({
  keys: heads(`${name} keys`, count, tokens),
  values: heads(`${name} values`, count, tokens),
});

function expectSame(a: tf.Tensor3D, b: tf.Tensor3D): void {
  expect(a.shape).toEqual(b.shape);
  const off = tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
  expect(off).toBeLessThan(1e-6);
}

describe('every fast path gives what the plain definition gives', () => {
  test.each([
    ['one stretch', 200, [200], 2],
    ['two stretches', 180, [20, 180], 2],
    ['three stretches, grouped heads', 130, [5, 1, 130], 1],
    ['a block exactly', 128, [128], 2],
    ['a block and one', 129, [129], 2],
  ] as const)('causal blocks: %s', (_, queries, lengths, keyHeads) => {
    const q = heads('q', 2, queries);
    const segments = lengths.map((length, i) => stretch(`s${i}`, keyHeads, length));
    const keys = lengths.reduce((a, b) => a + b, 0);
    expectSame(attendInCausalBlocks(q, segments), attendPlainly(q, segments, causalBias(queries, keys)));
  });

  test.each([
    ['one stretch', [150], 2],
    ['two stretches, grouped heads', [30, 120], 1],
  ] as const)('biased blocks: %s', (_, lengths, keyHeads) => {
    const q = heads('q', 2, 150);
    const segments = lengths.map((length, i) => stretch(`s${i}`, keyHeads, length));
    const random = seededRandom('bias');
    const bias = tf.tensor2d(
      Float32Array.from({ length: 150 * 150 }, () => random() - 0.5),
      [150, 150],
    );
    expectSame(attendInBiasedBlocks(q, segments, bias), attendPlainly(q, segments, bias));
  });

  test.each([
    ['no mask', null],
    ['a mask for all', () => causalBias(7, 7)],
    [
      'a mask a sequence',
      () =>
        tf.concat(
          [0, 1, 2].map(i => tf.fill([1, 1, 7, 7], i / 3)),
          0,
        ),
    ],
  ] as const)("training's path: %s", (_, mask) => {
    const q = heads('q', 6, 7);
    const segments = [stretch('s', 6, 7)];
    const bias = mask?.() ?? null;
    expectSame(attendWithGradient(q, segments, bias, 3), attendPlainly(q, segments, bias, 3));
  });

  test('and asking for probabilities changes nothing', () => {
    const q = heads('q', 2, 140);
    const segments = [stretch('s', 2, 140)];
    for (const mask of [{ kind: 'causal' }, { kind: 'all' }] satisfies AttentionMask[]) {
      let rows: readonly number[] = [];
      const watched = attend(q, segments, mask, 1, p => {
        rows = [...tf.sum(p, -1).dataSync()];
      });
      expectSame(watched, attend(q, segments, mask));
      expect(Math.max(...rows.map(sum => Math.abs(sum - 1)))).toBeLessThan(1e-5);
    }
  });
});

import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import {
  attend,
  joinHeads,
  joinKeysValues,
  projectHeads,
  rotaryAt,
  rotate,
} from '../../src/engine/attention.js';
import { MASKED } from '../../src/engine/masked.js';
import { type ParameterSource, uploaded } from '../../src/engine/parameters.js';
import { seededRandom } from '../../src/random.js';
import { testBackend, useEngine } from '../support/engine.js';

useEngine();

const HEAD = 8;

/** Numbers in [-1, 1). */
function uniform(name: string, count: number): Float32Array {
  const random = seededRandom('attention test', name);
  return Float32Array.from({ length: count }, () => 2 * random() - 1);
}

const source: ParameterSource = {
  read: async (name, shape) =>
    uniform(
      name,
      shape.reduce((a, b) => a * b),
    ),
};

/** x·Wᵀ + b with the stored [outputs, inputs] weight, in float64. */
function projected(x: Float32Array, rows: number, inputs: number, name: string, outputs: number): number[][] {
  const weight = uniform(`${name}.weight`, outputs * inputs);
  const bias = uniform(`${name}.bias`, outputs);
  return Array.from({ length: rows }, (_, r) =>
    Array.from({ length: outputs }, (_, o) => {
      let sum = bias[o]!;
      for (let i = 0; i < inputs; i++) sum += x[r * inputs + i]! * weight[o * inputs + i]!;
      return sum;
    }),
  );
}

/** Rotation by pairs (i, i + d/2), from the definition. */
function rotatedRow(row: number[], position: number, theta: number): number[] {
  return row.map((value, j) => {
    const first = j % HEAD < HEAD / 2;
    const angle = position * theta ** ((-2 * (j % (HEAD / 2))) / HEAD);
    const partner = row[first ? j + HEAD / 2 : j - HEAD / 2]!;
    return value * Math.cos(angle) + (first ? -partner : partner) * Math.sin(angle);
  });
}

/** Attention from the definition: softmax(q·k/√d + mask)·v, head by head, grouped key heads. */
function reference(
  q: number[][],
  k: number[][],
  v: number[][],
  heads: number,
  keyHeads: number,
  mask: (query: number, key: number) => number,
): { context: number[]; probabilities: number[] } {
  const probabilities: number[] = [];
  const context = q.map(() => new Array<number>(heads * HEAD).fill(0));
  for (let h = 0; h < heads; h++) {
    const kh = Math.floor(h / (heads / keyHeads));
    q.forEach((query, i) => {
      const logits = k.map((key, j) => {
        let dot = 0;
        for (let d = 0; d < HEAD; d++) dot += query[h * HEAD + d]! * key[kh * HEAD + d]!;
        return dot / Math.sqrt(HEAD) + mask(i, j);
      });
      const top = Math.max(...logits);
      const weights = logits.map(l => Math.exp(l - top));
      const total = weights.reduce((a, b) => a + b);
      weights.forEach((w, j) => {
        probabilities.push(w / total);
        for (let d = 0; d < HEAD; d++) context[i]![h * HEAD + d]! += (w / total) * v[j]![kh * HEAD + d]!;
      });
    });
  }
  return { context: context.flat(), probabilities };
}

function worst(got: ArrayLike<number>, want: readonly number[]): number {
  expect(got.length).toBe(want.length);
  return Math.max(...want.map((value, i) => Math.abs(value - got[i]!)));
}

/** Queries, keys and values of `rows` tokens by the engine and by the definition. */
async function inputs(rows: number, heads: number, keyHeads: number, theta = 100) {
  const width = 24;
  const x = uniform(`x${rows}`, rows * width);
  const from = uploaded(source);
  const weights = {
    q: await from.linear('q', width, heads * HEAD, true),
    k: await from.linear('k', width, keyHeads * HEAD, true),
    v: await from.linear('v', width, keyHeads * HEAD, true),
  };
  const rotary = rotaryAt([...Array(rows).keys()], HEAD, theta);
  const input = tf.tensor2d(x, [rows, width]);
  const plain = (name: string, count: number) => projected(x, rows, width, name, count * HEAD);
  return {
    queries: rotate(projectHeads(input, weights.q, HEAD), rotary),
    keys: rotate(projectHeads(input, weights.k, HEAD), rotary),
    values: projectHeads(input, weights.v, HEAD),
    q: plain('q', heads).map((row, i) => rotatedRow(row, i, theta)),
    k: plain('k', keyHeads).map((row, i) => rotatedRow(row, i, theta)),
    v: plain('v', keyHeads),
  };
}

const take = (heads: tf.Tensor3D, from: number, to: number): tf.Tensor3D =>
  tf.slice(heads, [0, from, 0], [heads.shape[0], to - from, heads.shape[2]]);

describe(`attention on ${testBackend}`, () => {
  for (const [heads, keyHeads] of [
    [4, 4],
    [4, 2],
    [6, 1],
  ] as const) {
    it(`${heads} heads on ${keyHeads} key heads follow the definition, causally`, async () => {
      const { queries, keys, values, q, k, v } = await inputs(11, heads, keyHeads);
      const want = reference(q, k, v, heads, keyHeads, (i, j) => (j > i ? MASKED : 0));
      let seen: ArrayLike<number> = [];
      const context = attend(queries, [{ keys, values }], { kind: 'causal' }, 1, p => {
        expect(p.shape).toEqual([heads, 11, 11]);
        seen = p.dataSync();
      });
      expect(worst(joinHeads(context).dataSync(), want.context)).toBeLessThan(1e-5);
      expect(worst(seen, want.probabilities)).toBeLessThan(1e-5);
    });
  }

  it('more queries than one block of them, causally and under a mask, over two stretches', async () => {
    const [rows, before] = [300, 20];
    // Angles of hundreds of radians, rounded to float32.
    const ANGLES = 1e-4;
    const { queries, keys, values, q, k, v } = await inputs(rows, 2, 1);
    const own = take(queries, before, rows);
    const stretches = [
      { keys: take(keys, 0, before), values: take(values, 0, before) },
      { keys: take(keys, before, rows), values: take(values, before, rows) },
    ];
    const definition = (mask: (query: number, key: number) => number) =>
      reference(q.slice(before), k, v, 2, 1, mask).context;
    const causal = attend(own, stretches, { kind: 'causal' });
    const hidden = (i: number, j: number) => (j > i + before ? MASKED : 0);
    expect(worst(joinHeads(causal).dataSync(), definition(hidden))).toBeLessThan(ANGLES);

    // Questions of 50 tokens side by side: each sees what was before and its own tokens.
    const apart = (i: number, j: number) =>
      j < before || (j <= i + before && Math.floor(i / 50) === Math.floor((j - before) / 50)) ? 0 : MASKED;
    const bias = Float32Array.from({ length: own.shape[1] * rows }, (_, at) =>
      apart(Math.floor(at / rows), at % rows),
    );
    const masked = attend(own, stretches, { kind: 'bias', bias: tf.tensor2d(bias, [rows - before, rows]) });
    expect(worst(joinHeads(masked).dataSync(), definition(apart))).toBeLessThan(ANGLES);
  });

  it('keys and values may come in stretches, joined or apart', async () => {
    const { queries, keys, values, q, k, v } = await inputs(9, 4, 2);
    const part = (from: number, to: number) => ({
      keys: take(keys, from, to),
      values: take(values, from, to),
    });
    const want = reference(q.slice(6), k, v, 4, 2, (i, j) => (j > i + 6 ? MASKED : 0)).context;
    const stretches = [part(0, 4), part(4, 6), part(6, 9)];
    const apart = attend(take(queries, 6, 9), stretches, { kind: 'causal' });
    const joined = attend(take(queries, 6, 9), [joinKeysValues(stretches)], { kind: 'causal' });
    expect(worst(joinHeads(apart).dataSync(), want)).toBeLessThan(1e-5);
    expect(worst(joinHeads(joined).dataSync(), want)).toBeLessThan(1e-5);
  });

  it('a masked key has no weight at all', async () => {
    const { queries, keys, values } = await inputs(5, 2, 2);
    const bias = tf.tensor2d(
      new Float32Array(25).map((_, i) => (i % 5 === 3 ? MASKED : 0)),
      [5, 5],
    );
    attend(queries, [{ keys, values }], { kind: 'bias', bias }, 1, p => {
      const values = p.dataSync();
      for (let i = 3; i < values.length; i += 5) expect(values[i]).toBe(0);
    });
  });
});

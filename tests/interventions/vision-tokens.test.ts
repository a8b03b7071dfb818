import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import * as ops from '../../src/engine/ops.js';
import { type Pooling, pool, poolings, sideOf } from '../../src/interventions/pool.js';
import { rescale } from '../../src/interventions/rescale.js';
import type { Intervention } from '../../src/interventions/types.js';
import { recordOf } from '../../src/interventions/types.js';
import { seededRandom } from '../../src/random.js';
import { testBackend, useEngine } from '../support/engine.js';
import { readPartsFixture } from '../support/fixtures.js';
import '../support/to-be-allclose.js';

useEngine();

const image = { id: 'image 1', seed: 7 };
const WIDTH = 6;

const random = seededRandom('vision tokens');
const grid = (side: number): number[][] =>
  Array.from({ length: side * side }, () => Array.from({ length: WIDTH }, () => random() - 0.5));

const tokensOf = (made: ReturnType<NonNullable<Intervention['visionTokens']>>): tf.Tensor2D =>
  'did' in made ? made.tokens : made;

/** What an intervention makes of tokens, row by row. */
function changed(intervention: Intervention, tokens: number[][], context = image): number[][] {
  const out = tf.tidy(() => tokensOf(intervention.visionTokens!(tf.tensor2d(tokens), context, ops)));
  try {
    return out.arraySync();
  } finally {
    out.dispose();
  }
}

const rounded = (rows: number[][]) => rows.map(row => row.map(Math.fround));

describe(`pooling on ${testBackend}`, () => {
  it('average: the recorded one of PyTorch, and the trained projector’s', () => {
    const recorded = readPartsFixture();
    const { data, shape } = recorded('pool.24');
    for (const side of [16, 8, 4, 1]) {
      const out = tf.tidy(() =>
        tokensOf(
          pool('avg', side * side).visionTokens!(tf.tensor2d(data, shape as [number, number]), image, ops),
        ),
      );
      expect(out.dataSync()).toBeAllclose(recorded(`pool.24.${side}`).data, { tolerance: 1e-5 });
      out.dispose();
    }
  });

  it('maximum: channel by channel over adaptive windows that overlap where they must', () => {
    const tokens = grid(5);
    for (const side of [1, 2, 3, 5]) {
      const expected = Array.from({ length: side * side }, (_, w) => {
        const inside = (i: number, at: number) =>
          at >= Math.floor((5 * i) / side) && at < Math.ceil((5 * (i + 1)) / side);
        const window = tokens.filter(
          (_, t) => inside(Math.floor(w / side), Math.floor(t / 5)) && inside(w % side, t % 5),
        );
        return Array.from({ length: WIDTH }, (_, c) => Math.max(...window.map(token => token[c]!)));
      });
      expect(changed(pool('max', side * side), tokens)).toEqual(rounded(expected));
    }
  });

  it('centre: the middle token of each window', () => {
    const tokens = grid(6);
    const taken = changed(pool('centre', 4), tokens);
    expect(taken).toEqual(rounded([1, 4].flatMap(y => [1, 4].map(x => tokens[6 * y + x]!))));
    expect(changed(pool('centre', 1), grid(5))).toHaveLength(1);
  });

  it('random: tokens of the image in their own order, the same for the same seed and image', () => {
    const tokens = grid(4);
    const places = (context = image) =>
      changed(pool('random', 4), tokens, context).map(row =>
        rounded(tokens).findIndex(token => token.join() === row.join()),
      );
    const drawn = places();
    expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b));
    expect(places()).toEqual(drawn);
    const others = ['b', 'c', 'd', 'e'].map(id => places({ ...image, id }).join());
    expect(new Set([drawn.join(), ...others]).size).toBeGreaterThan(2);
  });

  it('to the whole grid changes nothing', () => {
    const tokens = grid(4);
    for (const pooling of poolings) expect(changed(pool(pooling, 16), tokens)).toEqual(rounded(tokens));
  });

  it('every one is data of its own, which makes a run’s key', () => {
    const names = poolings.flatMap((pooling: Pooling) =>
      [4, 16].map(n => JSON.stringify(recordOf(pool(pooling, n)))),
    );
    expect(new Set(names).size).toBe(8);
  });
});

describe('a number of tokens', () => {
  it('is the square of a side that fits the grid', () => {
    expect([1, 4, 16, 576].map(count => sideOf(count, 24))).toEqual([1, 2, 4, 24]);
    expect(() => sideOf(2, 24)).toThrow('the nearest that are: 1 and 4');
    expect(() => sideOf(625, 24)).toThrow('more than the 576 (24×24)');
  });
});

describe(`rescaling on ${testBackend}`, () => {
  it('gives every token the norm asked for and keeps its direction', () => {
    const tokens = grid(3);
    const scaled = changed(rescale(3.5), tokens);
    scaled.forEach((row, i) => {
      expect(Math.hypot(...row)).toBeCloseTo(3.5, 4);
      const ratio = 3.5 / Math.hypot(...tokens[i]!);
      expect(row).toBeAllclose(
        tokens[i]!.map(v => v * ratio),
        { tolerance: 1e-5 },
      );
    });
  });

  it('leaves tokens of zeros as they are', () => {
    expect(changed(rescale(2), [[0, 0, 0]])).toEqual([[0, 0, 0]]);
  });
});

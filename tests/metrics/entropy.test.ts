import { describe, expect, it } from 'vitest';
import { entropy } from '../../src/metrics/entropy.js';
import { readDiagnosticsFixture } from '../support/fixtures.js';
import { reference } from './fixtures.js';

describe('entropy', () => {
  it.each(reference.entropies)('equals SciPy, case %#', ({ weights, entropy: expected }) => {
    expect(entropy(weights)).toBeCloseTo(expected, 12);
  });

  it('is 1 for even attention on any number of tokens and near 0 on a single one', () => {
    for (const tokens of [2, 16, 576]) {
      expect(entropy(new Float32Array(tokens).fill(0.001))).toBeCloseTo(1, 12);
      const peak = new Float32Array(tokens);
      peak[tokens - 1] = 0.3;
      expect(entropy(peak)).toBeLessThan(1e-5);
    }
  });

  it('depends neither on the scale nor on the order of the weights', () => {
    const { weights } = reference.entropies.at(-1)!;
    expect(entropy(weights.map(w => 37 * w))).toBeCloseTo(entropy(weights), 12);
    expect(entropy([...weights].reverse())).toBeCloseTo(entropy(weights), 12);
  });

  it.each([
    ['one token', [1]],
    ['no tokens', []],
    ['no attention', [0, 0]],
    ['a negative weight', [0.5, -0.1]],
    ['NaN', [0.5, Number.NaN]],
    ['an infinite weight', [0.5, Infinity]],
  ])('refuses %s', (_, weights) => {
    expect(() => entropy(weights)).toThrow(RangeError);
  });
});

describe('on attention recorded from transformers', () => {
  it("the entropy of an answer's mean row is the recorded one", () => {
    const { attention } = readDiagnosticsFixture().record;
    expect(Math.abs(entropy(attention.answerRow) / attention.answerEntropy - 1)).toBeLessThan(1e-4);
  });
});

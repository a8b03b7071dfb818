import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/records/json.js';
import { runKey } from '../../src/runs/run-key.js';

describe('runKey', () => {
  it('is the SHA-256 of the parts with sorted keys', () => {
    const text = '{"a":[{"x":1,"y":null}],"b":"é"}';
    expect(runKey({ b: 'é', a: [{ y: null, x: 1 }] })).toBe(createHash('sha256').update(text).digest('hex'));
  });

  it('does not depend on the order of keys, but on everything else', () => {
    const parts = { seed: 0, decoding: { temperature: 0, tokens: 128 }, draws: [1, 2] };
    const key = runKey(parts);
    expect(runKey({ draws: [1, 2], decoding: { tokens: 128, temperature: 0 }, seed: 0 })).toBe(key);
    const others = [
      { ...parts, seed: 1 },
      { ...parts, seed: '0' },
      { ...parts, draws: [2, 1] },
      { ...parts, decoding: { temperature: 0 } },
      { ...parts, more: null },
    ];
    expect(new Set([key, ...others.map(runKey)]).size).toBe(6);
  });

  it.each([Number.NaN, Infinity])('refuses %f, which JSON has not', value => {
    expect(() => canonicalJson({ value })).toThrow(RangeError);
  });
});

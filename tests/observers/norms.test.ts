import { beforeAll, describe, expect, it } from 'vitest';
import type { Llava } from '../../src/models/llava.js';
import { meanTextNorm, textNorms, visionNorms } from '../../src/observers/norms.js';
import { testBackend, useEngine } from '../support/engine.js';
import { readDiagnosticsFixture } from '../support/fixtures.js';
import { loadFixture } from '../support/load-fixture.js';

useEngine();

const { model: fixture, record } = readDiagnosticsFixture();
let llava: Llava;
beforeAll(async () => {
  llava = await loadFixture(fixture);
});

/** Each number on its own, not the tensor's scale. */
function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  for (const [i, norm] of expected.entries()) {
    expect(Math.abs(actual[i]! / norm - 1), `${i}`).toBeLessThan(1e-4);
  }
}

/** [3, S, S] → [S, S, 3]. */
function pixels(): Float32Array {
  const { data } = fixture.tensor('pixel_values');
  const area = data.length / 3;
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % 3) * area + Math.floor(i / 3)]!);
}

describe(`norms on ${testBackend} against PyTorch`, () => {
  it('of every vision token after the projector', () => {
    expectClose(visionNorms(llava, pixels()), record.embeddingNorms.vision);
  });

  it('of every token of every caption, BOS included', () => {
    for (const { tokenIds, norms } of record.embeddingNorms.captions) {
      expectClose(textNorms(llava, tokenIds), norms);
    }
  });

  it('the mean is over the whole embedding table', () => {
    const size = llava.config.text.vocabSize;
    const each = Array.from({ length: size }, (_, id) => textNorms(llava, [id])[0]!);
    expect(meanTextNorm(llava)).toBeCloseTo(each.reduce((a, b) => a + b, 0) / size, 5);
  });

  it('leave no tensor behind', async () => {
    const { memory } = await import('@tensorflow/tfjs-core');
    const before = memory().numTensors;
    visionNorms(llava, pixels());
    textNorms(llava, [1, 2, 3]);
    meanTextNorm(llava);
    expect(memory().numTensors).toBe(before);
  });
});

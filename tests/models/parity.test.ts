import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { MASKED } from '../../src/engine/masked.js';
import { averagePool, takeRows } from '../../src/engine/ops.js';
import { hooksOf } from '../../src/interventions/apply.js';
import { patch } from '../../src/interventions/patch.js';
import { generate } from '../../src/models/decoding/generate.js';
import { prefill } from '../../src/models/decoding/prefill.js';
import type { DecoderHooks, TokenInfo } from '../../src/models/decoding/stretch.js';
import { processImage } from '../../src/models/images/processor.js';
import { readImageProcessor } from '../../src/models/images/processor-config.js';
import { forward, type Llava } from '../../src/models/llava.js';
import { normalizeTokens } from '../../src/models/projector.js';
import { useEngine } from '../support/engine.js';
import {
  MODEL_FIXTURES,
  type ModelFixture,
  type RecordedBias,
  readModelFixture,
  readPartsFixture,
} from '../support/fixtures.js';
import { loadFixture } from '../support/load-fixture.js';
import '../support/to-be-allclose.js';

useEngine();

const TOLERANCE = { tolerance: 1e-4 };
const MAX_NEW_TOKENS = 12;

describe.each(MODEL_FIXTURES)('%s against PyTorch', name => {
  const fixture = readModelFixture(name);
  const { record } = fixture;
  let model: Llava;
  let pixels: tf.Tensor4D;
  let visionTokens: tf.Tensor2D;

  beforeAll(async () => {
    model = await loadFixture(fixture);
    const side = model.config.vision.imageSize;
    pixels = tf.tensor4d(channelsLast(fixture.tensor('pixel_values').data), [1, side, side, 3]);
    visionTokens = tensor2d(fixture, 'projector');
  });

  test('configuration', () => {
    const { config, visionTokenCount } = model;
    expect(visionTokenCount).toBe(record.visionTokens);
    expect(config.imageTokenId).toBe(record.imageTokenId);
    expect(config.featureLayers).toEqual(record.featureLayers);
    expect(config.text.eosTokenIds).toEqual(record.eosTokenIds);
  });

  test('pixels within one level', async () => {
    const { checkpoint, visionTower } = fixture;
    const processor = await readImageProcessor(checkpoint, { visionTower });
    const { pixels } = await processImage(readFileSync(fixture.image), processor);
    const expected = channelsLast(fixture.tensor('pixel_values').data);
    const inLevels = (values: Float32Array) => values.map((v, i) => v * processor.std[i % 3]! * 255);
    const [ours, theirs] = [inLevels(pixels), inLevels(expected)];
    expect(ours).toHaveLength(theirs.length);
    // A hair above 1: the levels went through float32 means and deviations.
    expect(Math.max(...ours.map((v, i) => Math.abs(v - theirs[i]!)))).toBeLessThan(1.001);
  });

  test('every vision hidden state', () => {
    tf.tidy(() => {
      const hidden = model.visionHidden(pixels, model.config.vision.layers);
      expect(hidden).toHaveLength(model.config.vision.layers + 1);
      for (const [i, state] of hidden.entries()) expectTensor(state, fixture, `vision.hidden.${i}`);
    });
  });

  test('vision feature and vision tokens', () => {
    tf.tidy(() => {
      const feature = model.encode(pixels);
      expectTensor(feature, fixture, 'vision.feature');
      expectTensor(model.project(feature), fixture, 'projector');
    });
  });

  test.each([0, 1])('prompt %i: merged embeddings, logits of every position, attention', prompt => {
    const ids = record.prompts[prompt]!.tokenIds;
    const seen: string[] = [];
    const logits = allLogits(model, fixture, ids, visionTokens, {
      probe: () => ({
        hidden: (layer, x) => {
          if (layer === 0) expectTensor(x, fixture, `prompt.${prompt}.inputs_embeds`);
        },
        attention: (layer, probabilities) => {
          seen.push(`layer ${layer}`);
          expectTensor(probabilities, fixture, `prompt.${prompt}.attention.${layer - 1}`);
        },
      }),
    });
    expect(seen).toEqual(range(model.config.text.layers).map(i => `layer ${i + 1}`));
    expect(logits).toBeAllclose(fixture.tensor(`prompt.${prompt}.logits`).data, TOLERANCE);
  });

  test('greedy answers to six questions, as one batch on a shared prefix', () => {
    const answers = answer(
      model,
      fixture,
      visionTokens,
      record.generations.map(g => g.promptTokenIds),
    );
    expect(answers.map(a => a.tokenIds)).toEqual(record.generations.map(g => g.tokenIds));
    const smallest = record.generations.map(g => Math.min(...g.margins));
    expect(answers.map(a => a.margin)).toBeAllclose(smallest, { tolerance: 1e-3 });
  });

  test('vision tokens permuted', () => {
    const { permutation, tokenIds } = record.interventions.permute;
    const permuted = takeRows(visionTokens, permutation);
    expectIntervened('permute', permuted, {}, tokenIds);
  });

  test('positions changed', () => {
    const { positionIds, tokenIds } = record.interventions.positions;
    const at = ({ position }: TokenInfo) =>
      positionIds[position] ?? positionIds.at(-1)! + position - positionIds.length + 1;
    expectIntervened('positions', visionTokens, { positions: tokens => tokens.map(at) }, tokenIds);
  });

  test('hidden states patched from another run', () => {
    const { layer, tokens } = record.interventions.patch;
    const ids = record.prompts[0]!.tokenIds;
    const permuted = takeRows(visionTokens, record.interventions.permute.permutation);
    const states: tf.Tensor2D[] = [];
    allLogits(model, fixture, ids, permuted, {
      probe: () => ({
        hidden: (at, x) => {
          if (at === layer) states.push(tf.keep(tf.clone(x)));
        },
      }),
    });
    const patched = patch({ layer, tokens, states: states[0]!, from: 'permuted tokens' });
    const hooks = hooksOf([patched], { id: '', seed: 0 });
    const logits = allLogits(model, fixture, ids, visionTokens, hooks);
    expect(logits).toBeAllclose(fixture.tensor('patch.logits').data, TOLERANCE);
    expect(logits).not.toEqual(allLogits(model, fixture, ids, visionTokens, {}));
    tf.dispose([...states, permuted]);
  });

  test('rows and columns as positions', () => {
    const { positionPairs } = record.interventions.grid;
    const logits = allLogits(model, fixture, record.prompts[0]!.tokenIds, visionTokens, {
      positions: tokens => tokens.map(({ position }) => positionPairs[position]!),
    });
    expect(logits).toBeAllclose(fixture.tensor('grid.logits').data, TOLERANCE);
  });

  test.each(['knockout', 'bias'] as const)('attention %s', kind => {
    const intervention = record.interventions[kind];
    expectIntervened(
      kind,
      visionTokens,
      { attentionBias: layer => biasOf(intervention, layer) },
      intervention.tokenIds,
    );
  });

  /** Logits of every position of the first prompt, in one pass, and its answer, over a shared prefix. */
  function expectIntervened(
    kind: string,
    tokens: tf.Tensor2D,
    hooks: DecoderHooks,
    tokenIds: readonly number[],
  ): void {
    const ids = record.prompts[0]!.tokenIds;
    expect(allLogits(model, fixture, ids, tokens, hooks)).toBeAllclose(
      fixture.tensor(`${kind}.logits`).data,
      TOLERANCE,
    );
    expect(answer(model, fixture, tokens, [ids], hooks)[0]!.tokenIds).toEqual(tokenIds);
  }
});

describe("the projector's parts against PyTorch", () => {
  const recorded = readPartsFixture();

  test.each(['ones', 'learned', 'small'])('normalise, %s weights', weights => {
    const { data, shape } = recorded('normalize.tokens');
    const tokens = tf.tensor2d(data, shape as [number, number]);
    const weight = tf.tensor1d(recorded(`normalize.${weights}.weight`).data);
    const out = normalizeTokens(tokens, weight, { eps: 1e-6, max: 1.22, scale: 0.83 });
    expect(out.dataSync()).toBeAllclose(recorded(`normalize.${weights}.out`).data, TOLERANCE);
  });

  test.each([
    [24, 16],
    [24, 8],
    [24, 4],
    [24, 1],
    [5, 5],
    [5, 3],
    [5, 2],
  ])('average pooling of a grid of side %i to %i', (side, pooled) => {
    const { data, shape } = recorded(`pool.${side}`);
    const out = averagePool(tf.tensor2d(data, shape as [number, number]), pooled);
    expect(out.shape).toEqual(recorded(`pool.${side}.${pooled}`).shape);
    expect(out.dataSync()).toBeAllclose(recorded(`pool.${side}.${pooled}`).data, TOLERANCE);
  });
});

/** [3, S, S] → [S, S, 3]. */
function channelsLast(data: Float32Array): Float32Array {
  const area = data.length / 3;
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % 3) * area + Math.floor(i / 3)]!);
}

const tensor2d = (fixture: ModelFixture, name: string): tf.Tensor2D => {
  const { data, shape } = fixture.tensor(name);
  return tf.tensor2d(data, shape as [number, number]);
};

function expectTensor(actual: tf.Tensor, fixture: ModelFixture, name: string): void {
  const { data, shape } = fixture.tensor(name);
  expect(actual.shape, name).toEqual(shape);
  expect(actual.dataSync(), name).toBeAllclose(data, TOLERANCE);
}

/** Token ids before and after the image. */
function aroundImage({ record }: ModelFixture, ids: readonly number[]) {
  return {
    before: ids.slice(0, record.imageStart),
    after: ids.slice(record.imageStart + record.visionTokens),
  };
}

/** Logits of every position of a prompt, [T, vocabulary] row by row, from one pass. */
function allLogits(
  model: Llava,
  fixture: ModelFixture,
  ids: readonly number[],
  visionTokens: tf.Tensor2D,
  hooks: DecoderHooks,
): Float32Array {
  const { before, after } = aroundImage(fixture, ids);
  return tf.tidy(() => forward(model, { before, visionTokens, after }, hooks).dataSync<'float32'>());
}

/** Greedy answers to prompts that are alike up to the end of the image. */
function answer(
  model: Llava,
  fixture: ModelFixture,
  visionTokens: tf.Tensor2D,
  prompts: readonly (readonly number[])[],
  hooks: DecoderHooks = {},
) {
  const prefix = prefill(model, aroundImage(fixture, prompts[0]!).before, visionTokens, hooks);
  const suffixes = prompts.map(ids => aroundImage(fixture, ids).after);
  const options = { maxNewTokens: MAX_NEW_TOKENS, stopIds: fixture.record.eosTokenIds, temperature: 0 };
  const answers = generate(model, prefix, suffixes, options);
  prefix.dispose();
  return answers;
}

/** A recorded bias by roles; `layer` counts from 1, recorded layers from 0. */
function biasOf({ value, layers: [from, to] }: RecordedBias, layer: number) {
  if (layer <= from || layer > to) return [];
  const bias = value === '-Infinity' ? MASKED : value;
  return [
    { query: 'user', key: 'vision', bias },
    { query: 'answer', key: 'vision', bias },
  ] as const;
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

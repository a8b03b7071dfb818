import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { takeRows } from '../../src/engine/ops.js';
import { permutation } from '../../src/interventions/permute.js';
import { entropy } from '../../src/metrics/entropy.js';
import { generate } from '../../src/models/decoding/generate.js';
import { prefill } from '../../src/models/decoding/prefill.js';
import type { DecoderHooks } from '../../src/models/decoding/stretch.js';
import { processImage } from '../../src/models/images/processor.js';
import { readImageProcessor } from '../../src/models/images/processor-config.js';
import type { Llava } from '../../src/models/llava.js';
import {
  meanRow,
  type QuestionRows,
  type Row,
  type RowOptions,
  watchRows,
} from '../../src/observers/attention-rows.js';
import { watchSimilarity } from '../../src/observers/token-similarity.js';
import { testBackend, useEngine } from '../support/engine.js';
import { readDiagnosticsFixture } from '../support/fixtures.js';
import { loadFixture } from '../support/load-fixture.js';
import '../support/to-be-allclose.js';

useEngine();

const { model: fixture, record, tensor } = readDiagnosticsFixture();
const { visionTokens: N, imageStart } = fixture.record;
const prompt = {
  before: record.promptTokenIds.slice(0, imageStart),
  after: record.promptTokenIds.slice(imageStart + N),
};
const others = fixture.record.generations.slice(1, 5).map(g => g.promptTokenIds.slice(imageStart + N));
const ALL: RowOptions = { layers: [1, 2], heads: null, bos: true, text: true };

let model: Llava;
let visionTokens: tf.Tensor2D;
beforeAll(async () => {
  model = await loadFixture(fixture);
  const { pixels, side } = await processImage(
    readFileSync(fixture.image),
    await readImageProcessor(fixture.checkpoint),
  );
  visionTokens = tf.tidy(() => model.project(model.encode(tf.tensor4d(pixels, [1, side, side, 3]))));
});
afterAll(() => visionTokens.dispose());

/** Answers all questions on one prefix; rows are those of the first. */
function watch(
  suffixes: readonly (readonly number[])[],
  options: RowOptions = ALL,
  { tokens = visionTokens, hooks = {} }: { tokens?: tf.Tensor2D; hooks?: DecoderHooks } = {},
): { rows: QuestionRows[]; tokenIds: readonly (readonly number[])[] } {
  const watcher = watchRows(options);
  const prefix = prefill(model, prompt.before, tokens, { ...hooks, probe: s => watcher.probe(s) });
  const decoding = { maxNewTokens: 12, temperature: 0, stopIds: fixture.record.eosTokenIds };
  const answers = generate(model, prefix, suffixes, decoding);
  prefix.dispose();
  return { rows: suffixes.map((_, i) => watcher.of(i)!), tokenIds: answers.map(a => a.tokenIds) };
}

const flat = (rows: readonly Row[]) => rows.flatMap(row => Array.from(row));
const sum = (row: Row) => Array.from(row).reduce((a, b) => a + b, 0);

describe(`attention rows on ${testBackend}`, () => {
  test('are those recorded with transformers: the answer’s and the text’s after the image', () => {
    const { rows, tokenIds } = watch([prompt.after]);
    expect(tokenIds[0]).toEqual(record.answerTokenIds);
    const recorded = tensor('vision.rows');
    const row = (query: number) => [...recorded.data.slice(query * N, (query + 1) * N)];
    const [, image] = record.spans.vision;
    const [first, last] = record.spans.answer;
    const queries = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => row(from + i));
    expectRows(rows[0]!.answer, queries(first - 1, last - 1));
    expectRows(rows[0]!.text, queries(image - 1, first - 1));
  });

  test('have the recorded masses and entropies', () => {
    const { attention } = record;
    const [{ answer, text }] = watch([prompt.after]).rows as [QuestionRows];
    expectClose(answer.map(sum), attention.visionMasses);
    expectClose(answer.map(entropy), attention.tokenEntropies);
    expectClose([...meanRow(answer)], attention.answerRow);
    expectClose([entropy(meanRow(answer))], [attention.answerEntropy]);
    expectClose([entropy(meanRow([...text, ...answer]))], [attention.followingEntropy]);
  });

  test('of one layer and one head after the other average to those of all', () => {
    const whole = watch([prompt.after]).rows[0]!;
    const layers = [1, 2].map(layer => watch([prompt.after], { ...ALL, layers: [layer, layer] }).rows[0]!);
    whole.answer.forEach((row, i) => {
      expectClose(Array.from(row), [...meanRow(layers.map(l => l.answer[i]!))]);
    });
    layers.forEach((layer, l) => {
      expectClose(Array.from(whole.byLayer[l]!), [...meanRow(layer.answer)]);
    });
    // Heads are averaged before BOS goes and the row is scaled: with BOS in it, plain means of the single heads' rows.
    const plain = { ...ALL, bos: false, layers: [2, 2] as const };
    const heads = [1, 2, 3, 4].map(head => watch([prompt.after], { ...plain, heads: [head] }).rows[0]!);
    const together = watch([prompt.after], plain).rows[0]!;
    together.answer.forEach((row, i) => {
      expectClose(Array.from(row), [...meanRow(heads.map(h => h.answer[i]!))]);
    });
    const some = watch([prompt.after], { ...plain, heads: [4, 2] }).rows[0]!;
    expectClose(Array.from(some.answer[0]!), [...meanRow([heads[1]!.answer[0]!, heads[3]!.answer[0]!])]);
  });

  test('of a question among others on its prefix are those of the question alone', () => {
    const alone = watch([prompt.after]);
    const packed = watch([others[0]!, others[1]!, prompt.after, ...others.slice(2)]);
    expect(packed.tokenIds[2]).toEqual(alone.tokenIds[0]);
    expectRows(packed.rows[2]!.answer, alone.rows[0]!.answer);
    expectRows(packed.rows[2]!.text, alone.rows[0]!.text);
    packed.rows.forEach((rows, i) => {
      expect(rows.answer).toHaveLength(packed.tokenIds[i]!.length);
    });
  });

  test('leave out BOS alone: with it, all other columns and vision sum to 1', () => {
    const with_ = watch([prompt.after], { ...ALL, layers: [1, 1], bos: false }).rows[0]!.answer;
    const without = watch([prompt.after], { ...ALL, layers: [1, 1] }).rows[0]!.answer;
    const bos = record.balance.masses.bos[0]!;
    const steps = with_.length;
    // The recorded mass on BOS is the mean over steps, head by head.
    const shares = with_.map((row, i) => 1 - sum(row) / sum(without[i]!));
    expectClose([shares.reduce((a, b) => a + b, 0) / steps], [bos.reduce((a, b) => a + b, 0) / bos.length]);
  });

  test('move with their tokens when positions do: a permutation of the vision tokens permutes the row', () => {
    const order = permutation('random', N, 0, { id: 'image', seed: 0 });
    const shuffled = takeRows(visionTokens, order);
    const moved: DecoderHooks = {
      positions: tokens =>
        tokens.map(({ role, position }) =>
          role === 'vision' ? imageStart + order[position - imageStart]! : position,
        ),
      // Causality among the vision tokens would tell them apart: in one order only a token sees all the others.
      attentionBias: () => [{ query: 'vision', key: 'vision', bias: -1e9 }],
    };
    const blind: DecoderHooks = { attentionBias: moved.attentionBias! };
    const before = watch([prompt.after], { ...ALL, text: false }, { hooks: blind });
    const after = watch([prompt.after], { ...ALL, text: false }, { tokens: shuffled, hooks: moved });
    shuffled.dispose();
    expect(after.tokenIds).toEqual(before.tokenIds);
    after.rows[0]!.answer.forEach((row, i) => {
      expectClose(
        Array.from(row),
        order.map(token => before.rows[0]!.answer[i]![token]!),
      );
    });
    expect(flat(after.rows[0]!.answer)).not.toBeAllclose(flat(before.rows[0]!.answer), { tolerance: 1e-4 });
  });

  test('are not read without an image, and leave no tensor behind', () => {
    const watcher = watchRows(ALL);
    const user = { role: 'user', question: 0, position: 0 } as const;
    expect(watcher.probe({ phase: 'question', queries: [user], keys: [user] })).toBeUndefined();
    expect(watcher.of(0)).toBeUndefined();
    watch([prompt.after]);
    const before = tf.memory().numTensors;
    watch([prompt.after, ...others]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('similarity of vision tokens', () => {
  test('is the cosine to the reference token', () => {
    const watcher = watchSimilarity(7);
    prefill(model, prompt.before, visionTokens, { probe: s => watcher.probe(s) }).dispose();
    const recorded = fixture.tensor('projector');
    const width = recorded.data.length / N;
    const vectors = Array.from({ length: N }, (_, i) => [...recorded.data.slice(i * width, (i + 1) * width)]);
    const dot = (a: number[], b: number[]) => a.reduce((total, v, i) => total + v * b[i]!, 0);
    const cosine = (a: number[], b: number[]) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    const expected = vectors.map(vector => cosine(vector, vectors[7]!));
    expect(watcher.similarities()).toBeAllclose(expected, { tolerance: 1e-5 });
    expect(watcher.similarities()![7]).toBeCloseTo(1, 6);
  });

  test('of a prompt without an image is not there', () => {
    const watcher = watchSimilarity(0);
    prefill(model, prompt.before, null, { probe: s => watcher.probe(s) }).dispose();
    expect(watcher.similarities()).toBeUndefined();
  });
});

function expectClose(ours: readonly number[], theirs: readonly number[]): void {
  expect(ours).toHaveLength(theirs.length);
  const worst = Math.max(...ours.map((v, i) => Math.abs(v - theirs[i]!) / Math.abs(theirs[i]!)));
  expect(worst).toBeLessThan(1e-4);
}

function expectRows(ours: readonly Row[], theirs: readonly Row[]): void {
  expect(ours).toHaveLength(theirs.length);
  for (const [i, row] of ours.entries()) expectClose([...Array.from(row)], Array.from(theirs[i]!));
}

import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { generate } from '../../src/models/decoding/generate.js';
import { prefill } from '../../src/models/decoding/prefill.js';
import type { Llava } from '../../src/models/llava.js';
import { openTokenizer } from '../../src/models/text/tokenizer.js';
import { type Balance, observeBalance } from '../../src/observers/balance.js';
import { diagnosePrompt, type PromptDiagnostics } from '../../src/observers/prompt-diagnostics.js';
import { promptLayout } from '../../src/observers/token-kinds.js';
import { useEngine } from '../support/engine.js';
import { readDiagnosticsFixture } from '../support/fixtures.js';
import { loadFixture } from '../support/load-fixture.js';

useEngine();

const { model: fixture, record } = readDiagnosticsFixture();
const { spans } = record;
const layout = { bosEnd: spans.bos[1], systemEnd: spans.system[1] };
const prompt = {
  before: record.promptTokenIds.slice(0, spans.vision[0]),
  after: record.promptTokenIds.slice(spans.vision[1]),
};

let model: Llava;
let visionTokens: tf.Tensor2D;
beforeAll(async () => {
  model = await loadFixture(fixture);
  const { data, shape } = fixture.tensor('projector');
  visionTokens = tf.tensor2d(data, shape as [number, number]);
});

/** Within 1e-4 of each expected number, or of `atLeast` where that is larger. */
function expectClose(actual: readonly number[], expected: readonly number[], atLeast = 0): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    const allowed = 1e-4 * Math.max(Math.abs(expected[i]!), atLeast);
    expect(Math.abs(value - expected[i]!), `at ${i}: ${value} for ${expected[i]}`).toBeLessThan(allowed);
  });
}

describe('diagnostics of one pass over a prompt, against PyTorch', () => {
  let found: PromptDiagnostics;
  beforeAll(() => {
    const { delta } = record.ropeSensitivity;
    found = diagnosePrompt(model, prompt, visionTokens, { layout, delta });
  });

  it('RoPE sensitivity by layer and head', () => {
    const { alpha, deltaAlpha, deltaG } = record.ropeSensitivity;
    expectClose(
      found.rope.flatMap(r => r.alpha),
      alpha.flat(),
    );
    // A difference of two masses, an average of differences of logits: float32 leaves them the precision of what is subtracted.
    expectClose(
      found.rope.flatMap(r => r.deltaAlpha),
      deltaAlpha.flat(),
      1e-2,
    );
    expectClose(
      found.rope.flatMap(r => r.deltaG),
      deltaG.flat(),
      1e-2,
    );
  });

  it('the smaller the step, the nearer is Δα_V to α_V (1 − α_V) Δg_V Δ', () => {
    const gap = (delta: number) => {
      const { rope } = diagnosePrompt(model, prompt, visionTokens, { layout, delta });
      const [apart, whole] = rope
        .flatMap(({ alpha, deltaAlpha, deltaG }) =>
          alpha.map((a, head) => {
            const predicted = a * (1 - a) * deltaG[head]! * delta;
            return [Math.abs(deltaAlpha[head]! - predicted), Math.abs(predicted)] as const;
          }),
        )
        .reduce(([x, y], [a, b]) => [x + a, y + b], [0, 0]);
      return apart / whole;
    };
    const [wide, half, quarter] = [gap(0.08), gap(0.04), gap(0.02)];
    expect(quarter).toBeLessThan(0.1);
    // The share that is left is of first order in the step.
    expect(wide / half).toBeCloseTo(2, 0);
    expect(half / quarter).toBeCloseTo(2, 0);
  });

  it('norms of queries and keys, logits and attention mass by layer', () => {
    expect(found.queriesKeys).toHaveLength(record.queriesKeys.length);
    for (const [i, expected] of record.queriesKeys.entries()) {
      expect(Object.keys(found.queriesKeys[i]!).sort()).toEqual(Object.keys(expected).sort());
      for (const key of Object.keys(expected) as (keyof typeof expected)[]) {
        expectClose([found.queriesKeys[i]![key]], [expected[key]]);
      }
    }
  });

  it('norms of hidden states by layer and kind of token', () => {
    expect(found.hidden).toHaveLength(model.config.text.layers + 1);
    for (const [kind, expected] of Object.entries(record.hiddenNorms)) {
      expectClose(
        found.hidden.map(h => h[kind as keyof typeof record.hiddenNorms]!),
        expected,
      );
    }
  });

  it('how slowly hidden states turn, by layer and kind of token', () => {
    expect(found.turn).toHaveLength(model.config.text.layers);
    for (const [kind, expected] of Object.entries(record.turnRates)) {
      expectClose(
        found.turn.map(t => t[kind as keyof typeof record.turnRates]!),
        expected,
      );
    }
  });

  it('how far a step in phase turns hidden states, beside what attention adds', () => {
    expect(found.phase).toHaveLength(model.config.text.layers);
    for (const part of ['turned', 'outputOverResidual'] as const) {
      for (const [kind, expected] of Object.entries(record.phaseStep[part])) {
        // A difference of two unit vectors: float32 leaves it the precision of what is subtracted.
        expectClose(
          found.phase.map(step => step[part][kind as keyof typeof record.turnRates]!),
          expected,
          part === 'turned' ? 1e-2 : 0,
        );
      }
    }
  });

  it('finds vision tokens of extreme norm, where they are and what attention they get', () => {
    expect(found.sinks.map(({ places }) => places)).toEqual(record.queriesKeys.map(() => []));
    const count = spans.vision[1] - spans.vision[0];
    const factors = Array.from({ length: count }, (_, token) => (token === 2 ? 50 : 1));
    const loud = tf.tidy(() => tf.mul<tf.Tensor2D>(visionTokens, tf.tensor2d(factors, [count, 1])));
    const { sinks, rope } = diagnosePrompt(model, prompt, loud, { layout, delta: 1 });
    loud.dispose();
    expect(sinks[0]!.places).toEqual([2]);
    const alpha = rope[0]!.alpha.reduce((sum, mass) => sum + mass, 0) / rope[0]!.alpha.length;
    expect(sinks[0]!.mass).toBeGreaterThan(0);
    expect(sinks[0]!.mass).toBeLessThan(alpha);
    // The same token alone is as much of the attention, whatever its length: keys are of normed states.
    const [first] = diagnosePrompt(model, prompt, visionTokens, { layout, delta: 1 }).rope;
    const before = first!.alpha.reduce((sum, mass) => sum + mass, 0) / first!.alpha.length;
    expect(alpha).toBeCloseTo(before, 3);
  });

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    diagnosePrompt(model, prompt, visionTokens, { layout, delta: 1 });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('cross-modality balance of an answer, against PyTorch', () => {
  /** Balance of the recorded question (`at`) among the `questions` that are answered side by side. */
  function balanceOf(questions: readonly (readonly number[])[], at: number): Balance {
    const observer = observeBalance(model.config.text, () => layout);
    const prefix = prefill(model, prompt.before, visionTokens, { probe: observer.probe });
    const stopIds = fixture.record.eosTokenIds;
    const answers = generate(model, prefix, questions, { maxNewTokens: 12, stopIds, temperature: 0 });
    prefix.dispose();
    expect(answers[at]!.tokenIds).toEqual(record.answerTokenIds);
    return observer.balance(at);
  }

  const other = fixture.record.prompts[1]!.tokenIds.slice(spans.vision[1]);

  it.each([
    ['alone', [prompt.after], 0],
    ['beside other questions', [other, prompt.after, other], 1],
  ] as const)('%s', (_, questions, at) => {
    const found = balanceOf(questions, at);
    expectClose(found.visionShare, record.balance.visionShare.flat());
    expectClose(found.systemShare, record.balance.systemShare.flat());
    expectClose(found.userShare, record.balance.userShare.flat());
    expectClose(found.systemShareBySteps, record.balance.systemShareBySteps);
  });
});

describe('the layout of a prompt', () => {
  const chat = 'A chat between a curious user and an artificial intelligence assistant. ';
  const rest = "The assistant gives helpful, detailed, and polite answers to the user's questions. ";

  it("finds Vicuna's system prompt in its tokens, none in other templates", async () => {
    const tokenizer = await openTokenizer(
      new URL('../../parity/fixtures/tokenizers/llama', import.meta.url).pathname,
    );
    const vicuna = `${chat}${rest}USER: `;
    const before = tokenizer.encode(vicuna);
    const layout = promptLayout(tokenizer, `${vicuna}<image>\n{question} ASSISTANT:`, { before });
    expect(layout.bosEnd).toBe(1);
    expect(tokenizer.decode(before.slice(1, layout.systemEnd)).trim()).toBe((chat + rest).trim());
    expect(tokenizer.decode(before.slice(layout.systemEnd)).trim()).toBe('USER:');
    const own = tokenizer.encode('Look: ');
    expect(promptLayout(tokenizer, 'Look: <image>{question}', { before: own })).toEqual({
      bosEnd: 1,
      systemEnd: 1,
    });
  });

  it('knows tokenizers that put no BOS', async () => {
    const tokenizer = await openTokenizer(
      new URL('../../parity/fixtures/tokenizers/qwen', import.meta.url).pathname,
    );
    const before = tokenizer.encode('<|im_start|>user ');
    const layout = promptLayout(tokenizer, '<|im_start|>user <image>\n{question}', { before });
    expect(layout).toEqual({ bosEnd: 0, systemEnd: 0 });
  });
});

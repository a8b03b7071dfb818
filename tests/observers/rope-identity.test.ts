import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { FeatureCache, visionTokensOf } from '../../src/interventions/apply.js';
import { decoderInput, type TokenInfo } from '../../src/models/decoding/stretch.js';
import { processImage } from '../../src/models/images/processor.js';
import { openModel } from '../../src/models/open-model.js';
import { encodePrompt, renderPrompt } from '../../src/models/text/prompt.js';
import { ropeSensitivity } from '../../src/observers/rope-sensitivity.js';
import { root } from '../support/cli.js';
import { useEngine } from '../support/engine.js';
import '../support/to-be-allclose.js';

useEngine();

/** One head of one layer: the last token's query, every key and value, in float64. */
interface Head {
  readonly name: string;
  readonly query: readonly number[];
  readonly keys: readonly (readonly number[])[];
  readonly values: readonly (readonly number[])[];
}

const heads: Head[] = [];
let isVision: boolean[];
let theta: number;

beforeAll(async () => {
  const model = await openModel(join(root, 'weights', 'mini', 'base'));
  const { llava, tokenizer } = model;
  theta = llava.config.text.ropeTheta;
  const picture = readFileSync(join(root, 'tests', 'fixtures', 'mini-reference', 'images', '004.png'));
  const features = new FeatureCache(llava, (await processImage(picture, model.processor)).pixels);
  const prompt = renderPrompt(model.template(undefined), 'What color is at the top of the image?', '');
  const { before, after } = encodePrompt(tokenizer, prompt, model.imageText);
  tf.tidy(() => {
    const { tokens: vision } = visionTokensOf(features, [], { id: '', seed: 0 });
    const end = before.length + vision.shape[0];
    const tokens = Array.from({ length: end + after.length }, (_, position): TokenInfo => {
      const role = position < before.length ? 'system' : position < end ? 'vision' : 'user';
      return { role, question: null, position };
    });
    isVision = tokens.map(t => t.role === 'vision');
    const seen: [tf.Tensor3D, tf.Tensor3D][] = [];
    const queriesKeys = (_: number, q: tf.Tensor3D, k: tf.Tensor3D) => {
      seen.push([tf.keep(q.clone()), tf.keep(k.clone())]);
    };
    const x = tf.concat([llava.decoder.embed(before), vision, llava.decoder.embed(after)], 0);
    const stretch = { phase: 'prefix', queries: tokens, keys: tokens } as const;
    const input = decoderInput(llava.config.text, { probe: () => ({ queriesKeys }) }, stretch, x, []);
    const { own } = llava.decoder.run(input);
    seen.forEach(([q, k], layer) => {
      const v = own[layer]!.values.arraySync();
      k.arraySync().forEach((keys, head) => {
        const query = q.arraySync()[head]!.at(-1)!;
        heads.push({ name: `layer ${layer + 1}, head ${head}`, query, keys, values: v[head]! });
      });
      tf.dispose([q, k]);
    });
  });
  features.dispose();
  model.dispose();
});

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** RoPE by `phi` steps, and its derivative by `phi`: dimension pairs (i, i + d/2) turn at the rate theta^(−2i/d). */
function turned(key: readonly number[], phi: number): { at: number[]; slope: number[] } {
  const half = key.length / 2;
  const at = [...key];
  const slope = [...key];
  for (let i = 0; i < half; i++) {
    const rate = theta ** (-i / half);
    const [cos, sin] = [Math.cos(phi * rate), Math.sin(phi * rate)];
    const [a, b] = [key[i]!, key[i + half]!];
    [at[i], at[i + half]] = [a * cos - b * sin, a * sin + b * cos];
    [slope[i], slope[i + half]] = [-rate * (a * sin + b * cos), rate * (a * cos - b * sin)];
  }
  return { at, slope };
}

const logits = ({ query, keys }: Head, phi: number) =>
  keys.map((k, j) => dot(query, isVision[j] ? turned(k, phi).at : k) / Math.sqrt(query.length));

function softmax(values: readonly number[]): number[] {
  const top = Math.max(...values);
  const weights = values.map(v => Math.exp(v - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(w => w / sum);
}

/** ∂α/∂φ by Appendix A: α (∂ℓ/∂φ − Σ_k α_k ∂ℓ_k/∂φ), φ being the angle of all vision keys. */
function slopes(head: Head): { alpha: number[]; logits: number[]; attention: number[] } {
  const alpha = softmax(logits(head, 0));
  const byLogit = head.keys.map((k, j) =>
    isVision[j] ? dot(head.query, turned(k, 0).slope) / Math.sqrt(head.query.length) : 0,
  );
  const mean = dot(alpha, byLogit);
  return { alpha, logits: byLogit, attention: alpha.map((a, j) => a * (byLogit[j]! - mean)) };
}

// At this step a difference of outputs near 1 is known to about 1e-12, their slopes to 1e-6 of theirs.
const STEP = 1e-4;
const outputs = (head: Head, alpha: readonly number[]) =>
  head.values[0]!.map((_, i) => alpha.reduce((sum, a, j) => sum + a * head.values[j]![i]!, 0));
const central = (up: readonly number[], down: readonly number[]) =>
  up.map((u, i) => (u - down[i]!) / (2 * STEP));

describe("Appendix A's derivative of attention by the vision keys' angle, on the shipped model", () => {
  it('is that of central differences, for attention and for what attention reads', () => {
    expect(heads.length).toBeGreaterThan(1);
    for (const head of heads) {
      const [up, down] = [softmax(logits(head, STEP)), softmax(logits(head, -STEP))];
      const { attention } = slopes(head);
      expect(central(up, down), head.name).toBeAllclose(attention, { tolerance: 1e-6 });
      const read = central(outputs(head, up), outputs(head, down));
      expect(read, head.name).toBeAllclose(outputs(head, attention), { tolerance: 1e-5 });
    }
  });

  it('is what the RoPE sensitivity measures by a small step, and Δα_V = α_V (1 − α_V) Δg_V Δ', () => {
    const delta = 0.01;
    for (const head of heads) {
      const { alpha, logits: byLogit, attention } = slopes(head);
      const onVision = (values: readonly number[]) =>
        values.reduce((sum, value, j) => (isVision[j] ? sum + value : sum), 0);
      const mass = onVision(alpha);
      const query = tf.tensor3d([[[...head.query]]]);
      const keys = tf.tensor3d([head.keys.map(k => [...k])]);
      const found = ropeSensitivity(query, keys, isVision, { theta, delta });
      tf.dispose([query, keys]);
      expect(found.alpha[0]).toBeCloseTo(mass, 5);
      // What is left to the second order of a finite step, and to float32 logits.
      const scale = Math.max(...byLogit.map(Math.abs));
      expect(
        Math.abs(found.deltaG[0]! - onVision(alpha.map((a, j) => (a / mass) * byLogit[j]!))),
      ).toBeLessThan(0.01 * scale);
      expect(Math.abs(found.deltaAlpha[0]! / delta - onVision(attention)), head.name).toBeLessThan(
        0.01 * scale,
      );
      const firstOrder = mass * (1 - mass) * found.deltaG[0]! * delta;
      expect(Math.abs(found.deltaAlpha[0]! - firstOrder), head.name).toBeLessThan(0.01 * scale * delta);
    }
  });
});

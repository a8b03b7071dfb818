import * as tf from '@tensorflow/tfjs-core';
import { takeRows } from '../engine/ops.js';
import { generate } from '../models/decoding/generate.js';
import { prefill } from '../models/decoding/prefill.js';
import type { Llava } from '../models/llava.js';
import { seededRandom, shuffled } from '../random.js';
import type { WorldQuestion } from '../world/mini/form.js';
import { type QuestionKind, questionForms } from '../world/mini/questions.js';
import { worldScene } from '../world/mini/world.js';
import { rasterizeScene } from '../world/scene/draw.js';
import { askedIds, BEFORE_IMAGE } from './batches.js';
import { PIXEL_MEAN, PIXEL_STD } from './recipe.js';
import { normalised } from './tower.js';
import { EOS, wordIds } from './word-tokenizer.js';

/** What a model is shown of a scene. */
export const CONDITIONS = ['original', 'permuted', 'blank', 'text-only'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Accuracy (0 to 1) by kind of question, and how many were asked. */
export type Accuracies = Record<string, { accuracy: number; questions: number }>;

interface Asked extends WorldQuestion {
  readonly kind: QuestionKind;
}

/** One question of every kind that the scene allows. */
function questionsOn(index: number): { asked: Asked[]; pixels: () => Promise<Uint8Array> } {
  const scene = worldScene('validation', index);
  const random = seededRandom('evaluation', index);
  const asked = (Object.keys(questionForms) as QuestionKind[]).flatMap(kind => {
    const question = questionForms[kind](scene, random);
    return question ? [{ question: question.question, answer: question.answer, kind }] : [];
  });
  return { asked, pixels: () => rasterizeScene(scene) };
}

/** Exact-match accuracy of greedy answers on held-out scenes, by kind of question. */
export async function evaluate(
  model: Llava,
  condition: Condition,
  scenes: number,
  onProgress: (done: number, of: number) => void,
): Promise<Accuracies> {
  const right = new Map<string, boolean[]>();
  for (let index = 0; index < scenes; index++) {
    const { asked, pixels } = questionsOn(index);
    const image = condition === 'text-only' ? null : await pixels();
    if (condition === 'blank') image?.fill(255);
    const answers = answer(model, image, condition === 'permuted' ? index : null, asked);
    asked.forEach(({ kind, answer }, i) => {
      const expected = [...wordIds(answer), EOS];
      const correct =
        answers[i]!.length === expected.length && answers[i]!.every((id, k) => id === expected[k]);
      right.set(kind, [...(right.get(kind) ?? []), correct]);
    });
    onProgress(index + 1, scenes);
  }
  return Object.fromEntries(
    [...right].map(([kind, results]) => [
      kind,
      { accuracy: results.filter(Boolean).length / results.length, questions: results.length },
    ]),
  );
}

/** Greedy answers, as ids, to questions on one image (none: text alone), its vision tokens permuted by a seed. */
function answer(
  model: Llava,
  pixels: Uint8Array | null,
  permutation: number | null,
  asked: readonly WorldQuestion[],
): (readonly number[])[] {
  const size = model.config.vision.imageSize;
  const visionTokens =
    pixels &&
    tf.tidy(() => {
      const tokens = model.project(model.encode(normalised(pixels, 1, size, PIXEL_MEAN, PIXEL_STD)), 1);
      if (permutation === null) return tokens;
      const order = Array.from({ length: tokens.shape[0] }, (_, i) => i);
      return takeRows(tokens, shuffled(seededRandom('evaluation order', permutation), order));
    });
  const prefix = prefill(model, BEFORE_IMAGE, visionTokens);
  try {
    const suffixes = asked.map(({ question }) => askedIds(question));
    const options = { maxNewTokens: 24, stopIds: [EOS], temperature: 0 };
    return generate(model, prefix, suffixes, options).map(({ tokenIds }) => tokenIds);
  } finally {
    prefix.dispose();
    visionTokens?.dispose();
  }
}

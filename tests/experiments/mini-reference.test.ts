import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerQuestions, putQuestions } from '../../src/experiments/answer.js';
import { FeatureCache } from '../../src/interventions/apply.js';
import type { Intervention } from '../../src/interventions/types.js';
import { processImage } from '../../src/models/images/processor.js';
import { openModel } from '../../src/models/open-model.js';
import { testBackend, useEngine } from '../support/engine.js';

useEngine();

/** Recorded with Hugging Face transformers 5.23 on PyTorch 2.13: questions, greedy token ids, smallest logit margin. */
interface Reference {
  readonly image: string;
  readonly question: string;
  readonly answer: string;
  readonly tokenIds: readonly number[];
  readonly margin?: number;
}

const folder = join(import.meta.dirname, '..', 'fixtures', 'mini-reference');
const weights = join(folder, 'checkpoint');

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

/** The reference answers of a file, image by image. */
function references(file: string): Map<string, Reference[]> {
  const byImage = new Map<string, Reference[]>();
  for (const line of read(file).trim().split('\n')) {
    const reference = JSON.parse(line) as Reference;
    byImage.set(reference.image, [...(byImage.get(reference.image) ?? []), reference]);
  }
  return byImage;
}

const order = JSON.parse(read('permutation.json')) as number[];
const given: Intervention = {
  kind: 'the recorded permutation',
  params: {},
  visionTokens: (tokens, _, { takeRows }) => takeRows(tokens, order),
};

describe(`answers of transformers on ${testBackend}`, () => {
  for (const [file, count, interventions] of [
    ['reference.jsonl', 640, []],
    ['reference-permuted.jsonl', 320, [given]],
  ] as const) {
    it(`${file}: all ${count} answers are token-equal`, async () => {
      const model = await openModel(weights);
      const asking = {
        template: model.template(undefined),
        suffix: '',
        maxNewTokens: 32,
        temperature: 0,
        seed: 0,
      };
      const condition = { name: 'reference', image: true, interventions };
      let compared = 0;
      for (const [image, expected] of references(file)) {
        const { pixels } = await processImage(readFileSync(join(folder, image)), model.processor);
        const features = new FeatureCache(model.llava, pixels);
        const questions = expected.map(({ question }, i) => ({ id: String(i), question }));
        const put = putQuestions(model, asking, condition, { id: image, features }, questions);
        const answers = answerQuestions(model, asking, put);
        put.dispose();
        features.dispose();
        expected.forEach((reference, i) => {
          expect(answers[i]!.tokenIds, `${image}: ${reference.question}`).toEqual(reference.tokenIds);
          expect(answers[i]!.output).toBe(reference.answer);
          if (reference.margin !== undefined) expect(answers[i]!.margin).toBeCloseTo(reference.margin, 2);
          compared++;
        });
      }
      expect(compared).toBe(count);
      model.dispose();
    });
  }
});

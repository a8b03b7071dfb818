import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleImage } from '../../src/benchmarks/types.js';
import { type Answer, answerQuestions, putQuestions } from '../../src/experiments/answer.js';
import type { Condition } from '../../src/experiments/condition.js';
import { evaluate, type Unit } from '../../src/experiments/evaluate.js';
import { FeatureCache } from '../../src/interventions/apply.js';
import { blankImage } from '../../src/interventions/blank-image.js';
import { permute } from '../../src/interventions/permute.js';
import { processImage } from '../../src/models/images/processor.js';
import { type OpenedModel, openModel } from '../../src/models/open-model.js';
import { shortAnswer } from '../../src/scorers/short-answer.js';
import { root } from '../support/cli.js';
import { testBackend, useEngine } from '../support/engine.js';

useEngine();

const folder = join(root, 'tests', 'fixtures', 'mini-reference');
const questions = [
  'What color is at the top of the image?',
  'How many objects are in the image?',
  'List the object from left to right.',
  'What shape is at the left of the image?',
  'Is there a red circle in the image?',
].map((question, i) => ({ id: `q${i}`, question }));

const original: Condition = { name: 'original', image: true, interventions: [] };
const conditions: Condition[] = [
  original,
  { name: 'permuted', image: true, interventions: [permute('random', 0)] },
  { name: 'blank', image: true, interventions: [blankImage()] },
  { name: 'text-only', image: false, interventions: [] },
];

let model: OpenedModel;
beforeAll(async () => {
  model = await openModel(join(folder, 'checkpoint'));
});
afterAll(() => model.dispose());

const asking = (temperature = 0, seed = 0) => ({
  template: model.template(undefined),
  suffix: '',
  maxNewTokens: 24,
  temperature,
  seed,
});

async function withFeatures<T>(
  file: string,
  work: (image: { id: string; features: FeatureCache }) => T,
): Promise<T> {
  const { pixels } = await processImage(readFileSync(join(folder, 'images', file)), model.processor);
  const features = new FeatureCache(model.llava, pixels);
  try {
    return work({ id: file, features });
  } finally {
    features.dispose();
  }
}

const ids = (answers: readonly Answer[]) => answers.map(a => a.tokenIds);

async function* images(names: readonly string[]): AsyncGenerator<SampleImage> {
  for (const id of names) {
    const load = async () => readFileSync(join(folder, 'images', id));
    yield { id, load, samples: questions.map(q => ({ ...q, targets: ['x'], category: 'c', labels: {} })) };
  }
}

async function collect(
  names: readonly string[],
  done: (image: string, condition: string) => boolean,
): Promise<Unit[]> {
  const units: Unit[] = [];
  const job = {
    model,
    images: images(names),
    conditions,
    scorer: shortAnswer,
    asking: asking(),
    isDone: done,
  };
  for await (const unit of evaluate(job)) units.push(unit);
  return units;
}

/** Puts questions on an image, and answers them. */
function answered(...[asking, condition, image, questions]: Tail<Parameters<typeof putQuestions>>): Answer[] {
  const put = putQuestions(model, asking, condition, image, questions);
  try {
    return answerQuestions(model, asking, put);
  } finally {
    put.dispose();
  }
}
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never;

describe(`answers on ${testBackend}`, () => {
  it('do not depend on which questions share a batch, or on their order', async () => {
    await withFeatures('004.png', image => {
      for (const condition of conditions) {
        const together = answered(asking(), condition, image, questions);
        const alone = questions.flatMap(q => answered(asking(), condition, image, [q]));
        const backwards = answered(asking(), condition, image, [...questions].reverse()).reverse();
        expect(ids(alone), condition.name).toEqual(ids(together));
        expect(ids(backwards), condition.name).toEqual(ids(together));
        together.forEach((answer, i) => {
          expect(Math.abs(answer.margin - alone[i]!.margin)).toBeLessThan(1e-2);
        });
      }
    });
  });

  it('with a template whose text before the image varies are those of its own prefill', async () => {
    const template = 'USER: {question} <image>\n ASSISTANT:';
    await withFeatures('004.png', image => {
      const own = { ...asking(), template };
      const together = answered(own, original, image, questions);
      const alone = questions.flatMap(q => answered(own, original, image, [q]));
      expect(new Set(together.map(a => a.prompt.before.join())).size).toBe(questions.length);
      expect(ids(together)).toEqual(ids(alone));
    });
  });

  it('sampled at a temperature depend on the seed and on nothing else', async () => {
    await withFeatures('004.png', image => {
      const sampled = (seed: number, asked = questions) =>
        ids(answered(asking(3, seed), original, image, asked));
      expect(sampled(1)).toEqual(sampled(1));
      expect(sampled(1)).not.toEqual(sampled(2));
      expect(sampled(1).slice(0, 2)).toEqual(sampled(1, questions.slice(0, 2)));
    });
  });

  it('leave no tensor behind', async () => {
    const { memory } = await import('@tensorflow/tfjs-core');
    await collect(['000.png'], () => false);
    const before = memory().numTensors;
    await collect(['000.png', '001.png'], () => false);
    expect(memory().numTensors).toBe(before);
  });

  it('are the same whatever was done before', async () => {
    const whole = await collect(['000.png', '001.png'], () => false);
    expect(whole.map(u => `${u.image} ${u.condition}`)).toEqual(
      ['000.png', '001.png'].flatMap(name => conditions.map(c => `${name} ${c.name}`)),
    );
    const done = (image: string, condition: string) => image === '000.png' && condition !== 'text-only';
    const rest = await collect(['000.png', '001.png'], done);
    rest.forEach((unit, i) => {
      expect(unit.predictions).toEqual(done(unit.image, unit.condition) ? [] : whole[i]!.predictions);
    });
  });
});

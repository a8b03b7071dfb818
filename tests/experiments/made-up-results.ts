import { seededRandom } from '../../src/random.js';
import type { Prediction } from '../../src/records/prediction.js';
import type { RunResult } from '../../src/records/result.js';
import { conditionsNamed, memberTitled } from '../support/conditions.js';

const IMAGES = 60;
const PER_IMAGE = 5;

/** Answers to the same questions under several conditions, each right at its own rate. */
export function answers(rates: Readonly<Record<string, number>>): Prediction[] {
  return Object.entries(rates).flatMap(([condition, rate]) => {
    const random = seededRandom('made-up answers', condition);
    return Array.from(
      { length: IMAGES * PER_IMAGE },
      (_, i): Prediction => ({
        id: `q${i}`,
        image: `image ${Math.floor(i / PER_IMAGE)}`,
        condition,
        category: '',
        labels: {},
        question: 'Where?',
        promptHash: '',
        targets: ['there'],
        output: '',
        answer: '',
        score: random() < rate ? 1 : 0,
        margin: 1,
      }),
    );
  });
}

export const resultOf = (name: string, predictions: readonly Prediction[], model = 'Mini'): RunResult => ({
  suite: 'mini',
  model,
  ...memberTitled(model),
  conditions: conditionsNamed(predictions),
  benchmark: { name, title: name.toUpperCase(), split: 'test', chance: new Map() },
  seed: 0,
  provenance: { run: 'r', weights: model },
  predictions,
});

import type { Prediction } from '../../src/records/prediction.js';
import type { RunResult } from '../../src/records/result.js';
import { conditionsNamed, memberTitled } from '../support/conditions.js';

/** What of a made-up question decides its score. */
export interface Question {
  readonly image: number;
  readonly category: string;
  readonly objects: number;
  readonly condition: string;
}

const prediction = (score: number, { image, category, objects, condition }: Question): Prediction => ({
  id: `${image} ${category}`,
  image: `image ${image}`,
  condition,
  category,
  labels: { objects },
  question: `${category}?`,
  promptHash: '',
  targets: ['there'],
  output: '',
  answer: '',
  score,
  margin: 1,
});

/**
 * A model's answers to one question a category on each image, under each condition; images have 2, 3, … 6 objects in turn.
 * @param score of a question, 0 to 1
 */
export function answers(
  {
    model,
    benchmark,
    categories,
    conditions = ['original'],
    images = 100,
  }: {
    readonly model: string;
    readonly benchmark: string;
    readonly categories: readonly string[];
    readonly conditions?: readonly string[];
    readonly images?: number;
  },
  score: (question: Question) => number,
): RunResult {
  const predictions = conditions.flatMap(condition =>
    Array.from({ length: images }, (_, image) =>
      categories.map(category => {
        const question = { image, category, objects: 2 + (image % 5), condition };
        return prediction(score(question), question);
      }),
    ).flat(),
  );
  return {
    suite: 'mini',
    model,
    ...memberTitled(model),
    conditions: conditionsNamed(predictions),
    benchmark: {
      name: benchmark,
      title: benchmark.toUpperCase(),
      split: 'test',
      chance: new Map([['color.abs', 0.25]]),
    },
    seed: 0,
    provenance: { run: 'r' },
    predictions,
  };
}

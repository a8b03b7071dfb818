import { join } from 'node:path';
import { benchmarks } from '../../src/benchmarks/index.js';
import type { Prediction } from '../../src/records/prediction.js';
import { openRun } from '../../src/runs/open-run.js';
import { predictionRecords } from '../../src/runs/records.js';
import { make2ds } from '../../src/world/2ds/make.js';

/** Draws a 2DS of five times so many images, six questions each, into a datasets folder. */
export const drawTwoDs = (datasets: string, imagesPerCount: number, seed = 0) =>
  make2ds({ out: join(datasets, '2ds'), imagesPerCount, seed });

export interface StoredAnswers {
  readonly dir: string;
  readonly predictions: readonly Prediction[];
}

/**
 * Stores made-up answers to the 2DS in `datasets`, as `permute` stores its own: all right in their own order, every third
 * wrong when permuted, every second with a blank image.
 */
export async function storeAnswers(
  root: string,
  datasets: string,
  { model = 'Mini', conditions = ['original', 'permuted-0', 'blank-image'] } = {},
): Promise<StoredAnswers> {
  const dataset = await benchmarks['2ds'].open(join(datasets, '2ds'));
  const run = await openRun({
    ...{ root, suite: 'small', experiment: 'permute', name: `${model.toLowerCase()}-2ds` },
    parts: {
      ...{ model: `weights of ${model}`, benchmark: '2ds', split: dataset.split, data: dataset.fingerprint },
      ...{
        template: '<image>\n{question}',
        suffix: '',
        maxNewTokens: 16,
        temperature: 0,
        judge: 'rule',
        seed: 0,
      },
    },
    manifest: {
      options: { suite: 'small', datasets, seed: 0 },
      ...{ model: { title: model }, protocol: 'llava', benchmark: { title: '2DS (generated)' } },
    },
    format: predictionRecords,
  });
  const predictions: Prediction[] = [];
  let asked = 0;
  for await (const { id: image, samples } of dataset.images()) {
    for (const [c, condition] of conditions.entries()) {
      const unit = samples.map(({ id, question, targets, category, labels }, i): Prediction => {
        const right = c === 0 || (asked + i) % (4 - c) > 0;
        const output = right ? targets[0]! : `not ${targets[0]}`;
        return {
          ...{ id, image, condition, category, labels, question, targets, promptHash: 'abc' },
          ...{ output, answer: output, score: right ? 1 : 0, margin: 1 + i / 8 },
        };
      });
      await run.append(unit);
      predictions.push(...unit);
    }
    asked += samples.length;
  }
  await run.finish({ seconds: 1 });
  await run.close();
  return { dir: run.dir, predictions };
}

import { createHash } from 'node:crypto';
import type { Sample, SampleImage } from '../benchmarks/types.js';
import { FeatureCache } from '../interventions/apply.js';
import { processImage } from '../models/images/processor.js';
import type { OpenedModel } from '../models/open-model.js';
import type { EncodedPrompt } from '../models/text/prompt.js';
import type { Prediction } from '../records/prediction.js';
import type { Scorer } from '../scorers/types.js';
import { timed } from '../timings.js';
import { type Answer, type Asking, answerQuestions, putQuestions } from './answer.js';
import { type Condition, checkConditions } from './condition.js';
import type { Observe, ObservedImage } from './types.js';
import { objectCells } from './vision-grid.js';

export interface EvaluationJob {
  readonly model: OpenedModel;
  readonly images: Iterable<SampleImage> | AsyncIterable<SampleImage>;
  readonly conditions: readonly Condition[];
  readonly scorer: Scorer;
  readonly asking: Asking;
  /** An image's place among those of the whole run, where these are a part of them; from 0. */
  readonly placeOf?: (index: number) => number;
  /** What to observe while questions are answered; stored as the predictions' measures. */
  readonly observe?: Observe | undefined;
  /** Predictions that are known from elsewhere, of the very same model, questions and condition. */
  readonly known?: (image: string, condition: Condition) => readonly Prediction[] | undefined;
  /** Units that need not be done again. */
  readonly isDone: (image: string, condition: string) => boolean;
}

/** The unit of work: one image under one condition. */
export interface Unit {
  readonly image: string;
  readonly condition: string;
  /** Empty where the unit was done before. */
  readonly predictions: readonly Prediction[];
}

/** Asks every question under every condition, image by image; the vision features of an image are computed once. */
export async function* evaluate(job: EvaluationJob): AsyncGenerator<Unit> {
  checkConditions(job.conditions);
  let index = 0;
  const { placeOf = i => i } = job;
  for await (const image of job.images) {
    const missing = job.conditions.filter(c => !job.isDone(image.id, c.name));
    const known = new Map(missing.map(c => [c, job.known?.(image.id, c)]));
    const todo = missing.filter(c => !known.get(c));
    const shown = todo.some(c => c.image)
      ? await timed('reading and resizing images', async () =>
          processImage(await image.load(), job.model.processor, image.id),
        )
      : null;
    const observed = { ...image, place: placeOf(index++), view: shown?.view ?? null };
    const features = new FeatureCache(job.model.llava, shown?.pixels ?? null);
    try {
      for (const condition of job.conditions) {
        const predictions = todo.includes(condition)
          ? predict(job, observed, condition, features)
          : (known.get(condition) ?? []);
        yield { image: image.id, condition: condition.name, predictions };
      }
    } finally {
      features.dispose();
    }
  }
}

function predict(
  { model, asking, scorer, observe }: EvaluationJob,
  image: ObservedImage,
  condition: Condition,
  features: FeatureCache,
): Prediction[] {
  const observer = observe?.(model, image, condition);
  const cells = objectCells(model.llava, image.view, image.objects);
  const input = { id: image.id, features, objectCells: cells };
  const put = putQuestions(model, asking, condition, input, image.samples);
  try {
    const answers = answerQuestions(model, asking, put, observer);
    return image.samples.map((sample, i) => ({
      ...predictionOf(scorer, image, condition, sample, answers[i]!),
      ...(observer && { measures: observer.measures(i, answers[i]!) }),
      ...(i === 0 && put.did.length > 0 && { did: put.did }),
    }));
  } finally {
    put.dispose();
  }
}

function predictionOf(
  scorer: Scorer,
  image: SampleImage,
  condition: Condition,
  sample: Sample,
  { prompt, output, margin }: Answer,
): Prediction {
  return {
    id: sample.id,
    image: image.id,
    condition: condition.name,
    category: sample.category,
    labels: sample.labels,
    question: sample.question,
    promptHash: promptHash(prompt),
    targets: sample.targets,
    ...(sample.choices ? { choices: sample.choices } : {}),
    output,
    ...scorer(output, sample),
    margin,
  };
}

/** SHA-256 (first 16 hex digits) of the prompt's token ids before and after the image. */
export const promptHash = ({ before, after }: EncodedPrompt): string =>
  createHash('sha256')
    .update(JSON.stringify([before, after]))
    .digest('hex')
    .slice(0, 16);

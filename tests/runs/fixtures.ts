import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Prediction } from '../../src/records/prediction.js';
import type { OpenRunOptions } from '../../src/runs/open-run.js';
import { predictionRecords } from '../../src/runs/records.js';

/** How big a made-up run is. */
export interface Study {
  readonly images: number;
  readonly conditions: readonly string[];
  /** Questions of image i are 1 + i % questions. */
  readonly questions: number;
  /** Length of each output, characters. */
  readonly outputLength: number;
}

export const small: Study = {
  images: 3,
  conditions: ['original', 'permuted 0'],
  questions: 3,
  outputLength: 9,
};

/** The predictions on one image under one condition: always the same ones. */
export function unitOf(study: Study, image: number, condition: string): Prediction[] {
  return Array.from({ length: 1 + (image % study.questions) }, (_, q) => ({
    id: `q${image}-${q}`,
    image: `image ${image}`,
    condition,
    category: 'color.abs',
    labels: { objects: 2 + (image % 5) },
    question: 'Welche Farbe hat „das“ Ding\nunten? \u2028 {"unit":[1,1]}',
    promptHash: `${image}a${q}`,
    targets: ['grün'],
    output: 'gr\\ün\n😀'.repeat(study.outputLength).slice(0, study.outputLength),
    answer: 'grün',
    score: (image + q) % 2,
    margin: 0.1 + image / 7,
  }));
}

/** Every unit of a study, in the order of images × conditions. */
export function* unitsOf(study: Study): Generator<Prediction[]> {
  for (let image = 0; image < study.images; image++)
    for (const condition of study.conditions) yield unitOf(study, image, condition);
}

export const runOptions = (root: string): OpenRunOptions<Prediction> => ({
  root,
  suite: 'mini',
  experiment: 'permute',
  name: 'mini-baseline-2ds',
  parts: { weights: 'abc', data: 'def', seed: 0 },
  manifest: { version: '0.1.0' },
  format: predictionRecords,
});

/** Runs `use` with a folder of its own, which is removed afterwards. */
export async function inFolder<T>(use: (dir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-runs-'));
  try {
    return await use(dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

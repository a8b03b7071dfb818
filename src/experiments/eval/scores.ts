import type { Prediction } from '../../records/prediction.js';
import type { RunResult } from '../../records/result.js';
import { type Condition, original } from '../condition.js';
import { type AccuracyEstimate, accuracyOf, type DifferenceEstimate, differenceOf } from '../estimates.js';
import { type ConditionScores, scoresOf, under } from '../scores.js';

/** Rows of the paper's Table 2, in its order: 2DS by category. */
export const TABLE2_ROWS = {
  'color.abs': 'Color.abs.',
  'color.rel': 'Color.rel.',
  'shape.abs': 'Shape.abs.',
  'shape.rel': 'Shape.rel.',
  'shape_color.abs': 'Shape_color.abs.',
  'shape_color.rel': 'Shape_color.rel.',
} as const;

/** Rows of the paper's Table 3, in its order: the standard benchmarks. */
export const TABLE3_ROWS = { vqav2: 'VQAv2', pope: 'POPE', gqa: 'GQA', cvbench: 'CV-Bench2D' } as const;

/** Which questions. */
export type Chosen = (prediction: Prediction) => boolean;

/** Chooses every question. */
export const everything: Chosen = () => true;

/** The scores of a part of the questions under a condition. */
export const part = (
  result: RunResult,
  chosen: Chosen = everything,
  condition: Condition = original,
): ConditionScores => scoresOf(under(result, condition).filter(chosen));

/** Accuracy of a part of the questions. */
export const accuracyOn = (result: RunResult, chosen: Chosen): AccuracyEstimate =>
  accuracyOf(part(result, chosen));

/** What a model gains over another on the same questions; RangeError where they answered different ones. */
export const gainOver = (
  result: RunResult,
  baseline: RunResult,
  chosen: Chosen = everything,
): DifferenceEstimate => differenceOf(part(result, chosen), part(baseline, chosen), result.seed);

/** The scores of two models on the same questions. */
export function paired(result: RunResult, baseline: RunResult, chosen: Chosen = everything) {
  const ours = part(result, chosen);
  const theirs = part(baseline, chosen);
  if (ours.ids.join('\n') !== theirs.ids.join('\n')) {
    throw new RangeError(`${result.model} and ${baseline.model} answered different questions`);
  }
  return { ours: ours.scores, theirs: theirs.scores, images: ours.images };
}

/** The numbers of objects in the images, rising. */
export const objectCounts = (results: readonly RunResult[]): (string | number)[] =>
  [...new Set(results.flatMap(r => r.predictions.map(p => p.labels.objects)))]
    .filter(count => count !== undefined)
    .sort((a, b) => Number(a) - Number(b));

/** Whether a result is of 2DS, whatever its split. */
export const is2ds = (result: RunResult): boolean => result.benchmark.name === '2ds';

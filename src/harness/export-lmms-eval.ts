import { renderPrompt } from '../models/text/prompt.js';
import { conditionsOf, type Prediction } from '../records/prediction.js';
import { lmmsEvalTask, toLmmsEval } from '../runs/foreign/lmms-eval.js';
import { writeBeside } from '../runs/write-beside.js';
import type { OpenedPredictions } from './open-predictions.js';

/** Writes a run's answers as lmms-eval logs samples, a file a condition: `lmms-eval/<condition>/<date>_samples_<task>.jsonl`. */
export async function exportLmmsEval(
  { path, result, suffix, date }: OpenedPredictions,
  predictions: readonly Prediction[],
): Promise<string[]> {
  const { name, split } = result.benchmark;
  const stamp = date.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_');
  const file = `${stamp}_samples_${lmmsEvalTask(name, split)}.jsonl`;
  const files = [];
  for (const condition of conditionsOf(predictions)) {
    const lines = predictions
      .filter(p => p.condition === condition)
      .map((p, place) => toLmmsEval(p, place, renderPrompt('{question}', p.question, suffix), name));
    files.push(await writeBeside(path, ['lmms-eval', condition, file], lines));
  }
  return files;
}

import type { RunResult } from '../types.js';
import { paperNumber, variantOf } from '../variants.js';

/** Rows of the paper's Table 4, in its order; our other benchmarks follow under their own names. */
const ROWS: Readonly<Record<string, string>> = { '2ds': '2DS', coco: 'COCO Val', cvbench: 'CV-Bench2D' };

export const datasetLabel = ({ benchmark }: RunResult): string => ROWS[benchmark.name] ?? benchmark.title;

export function inPaperOrder(results: readonly RunResult[]): RunResult[] {
  const names = Object.keys(ROWS);
  const place = ({ benchmark }: RunResult) =>
    benchmark.name in ROWS ? names.indexOf(benchmark.name) : names.length;
  return [...results].sort((a, b) => place(a) - place(b));
}

/** The entropy that Table 4 prints for the model's counterpart; undefined where there is none. */
export const paperEntropy = ({ benchmark, model, retrainedFor }: RunResult): number | undefined =>
  retrainedFor === undefined ? paperNumber('table4', benchmark.name, variantOf(model), model) : undefined;

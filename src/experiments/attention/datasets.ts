import { byBenchmark } from '../estimates.js';
import { paperNumber } from '../variants.js';
import type { AttentionResult } from './measures.js';

/** Rows of the paper's Table 4, in its order; our other benchmarks follow under their own names. */
const ROWS: Readonly<Record<string, string>> = { '2ds': '2DS', coco: 'COCO Val', cvbench: 'CV-Bench2D' };

/** The models' results on one split of one benchmark. */
export interface DatasetResults {
  /** As Table 4 prints it; with the split where there are several of one benchmark. */
  readonly label: string;
  readonly results: readonly AttentionResult[];
}

export function datasetsOf(results: readonly AttentionResult[]): DatasetResults[] {
  const names = Object.keys(ROWS);
  const place = ([first]: readonly AttentionResult[]) =>
    names.includes(first!.benchmark.name) ? names.indexOf(first!.benchmark.name) : names.length;
  const groups = byBenchmark(results).sort((a, b) => place(a) - place(b));
  return groups.map(group => {
    const { name, title, split } = group[0]!.benchmark;
    const single = groups.filter(([other]) => other!.benchmark.name === name).length === 1;
    return { label: `${ROWS[name] ?? title}${single ? '' : `, ${split}`}`, results: group };
  });
}

/** The entropy that Table 4 prints for the model's counterpart; undefined where there is none, as for models of one's own. */
export const paperEntropy = (result: AttentionResult): number | undefined =>
  result.suite === 'custom' || result.retrainedFor !== undefined
    ? undefined
    : paperNumber('table4', result.benchmark.name, result.variant, result);

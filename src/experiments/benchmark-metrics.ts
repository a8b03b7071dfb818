import { benchmarks } from '../benchmarks/index.js';
import type { Benchmark } from '../benchmarks/types.js';
import type { RunResult } from '../records/result.js';
import type { Row, Table } from '../records/table.js';
import { type Condition, isCondition } from './condition.js';
import { suitesOf } from './estimates.js';
import { named } from './scores.js';

/**
 * The benchmarks' own figures, in per cent: POPE's precision, recall, F1 and yes-ratio for each split and their means, GQA's
 * accuracy of binary and open questions and by type, CV-Bench's by task and source and its mean of two sources, VQAv2's by
 * answer and question type. Long form; no rows for benchmarks that have none (2DS has its categories).
 *
 * @param conditions those to show, all unless given
 * @param known benchmarks to look for the results' own among
 */
export function benchmarkMetrics(
  name: string,
  results: readonly RunResult[],
  conditions?: readonly Condition[],
  known: readonly Benchmark[] = Object.values(benchmarks),
): Table {
  const rows = results.flatMap(({ model, benchmark, predictions, conditions: asked }) => {
    const { metrics } = known.find(b => b.name === benchmark.name) ?? {};
    if (!metrics) return [];
    return asked
      .filter(condition => conditions?.some(wanted => isCondition(condition, wanted)) ?? true)
      .flatMap(({ name: condition }) =>
        metrics(named(predictions, condition)).map(
          (metric): Row => ({
            ...{ model, benchmark: benchmark.title, split: benchmark.split, condition },
            ...{ metric: metric.name, group: metric.slice, value: 100 * metric.value, n: metric.n },
          }),
        ),
      );
  });
  const decimals = { format: { decimals: 2 } };
  return {
    name,
    title: `The benchmarks' own figures (%), suite ${suitesOf(results)}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'benchmark', label: 'Benchmark' },
      { key: 'split', label: 'Split' },
      { key: 'condition', label: 'Condition' },
      { key: 'metric', label: 'Metric' },
      { key: 'group', label: 'Of' },
      { key: 'value', label: 'Value', ...decimals },
      { key: 'n', label: 'Questions' },
    ],
    rows,
  };
}

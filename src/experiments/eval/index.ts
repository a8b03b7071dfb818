import { z } from 'zod';
import type { RunResult } from '../../records/result.js';
import { type Cell, columnsOf, type Row, type Table } from '../../records/table.js';
import { benchmarkMetrics } from '../benchmark-metrics.js';
import { blank, original, textOnly } from '../condition.js';
import { conditionTable } from '../condition-table.js';
import { NO_DIFFERENCE } from '../estimates.js';
import { percent } from '../scores.js';
import type { AskingExperiment } from '../types.js';
import { evaluationVerdicts } from './claims-5-to-7.js';
import { evaluationFigures } from './figures-4-to-6.js';
import {
  accuracyOn,
  type Chosen,
  everything,
  gainOver,
  is2ds,
  objectCounts,
  part,
  TABLE2_ROWS,
  TABLE3_ROWS,
} from './scores.js';

const options = z.strictObject({});

/**
 * Accuracy of the model and its variants (paper §6): 2DS by category (Table 2, Figure 6) and by number of objects
 * (Figure 5), the standard benchmarks (Table 3). The first model is the baseline that differences are taken from.
 */
export const evaluation: AskingExperiment<typeof options> = {
  kind: 'asks',
  name: 'eval',
  paper: 'Tables 2 and 3, Figures 4 to 6, §6',
  summary: 'accuracy by category, number of objects and benchmark',
  options,
  conditions: () => [original, blank, textOnly],
  tables: results => {
    const spatial = results.filter(is2ds);
    const standard = results.filter(r => r.benchmark.name in TABLE3_ROWS);
    const others = results.filter(r => !is2ds(r) && !standard.includes(r));
    const metrics = benchmarkMetrics('eval-metrics', results, [original]);
    return [
      ...(spatial.length > 0 ? [table2(spatial), byObjects(spatial)] : []),
      ...(standard.length > 0 ? [table3(standard)] : []),
      ...(others.length > 0 ? [conditionTable('eval-others', others)] : []),
      longForm(results),
      ...(metrics.rows.length > 0 ? [metrics] : []),
    ];
  },
  figures: evaluationFigures,
  verdicts: evaluationVerdicts,
};

/** Table 2 as the paper prints it: per cent, the difference from the first model in brackets. */
function table2(results: readonly RunResult[]): Table {
  const rows = Object.entries({ ...TABLE2_ROWS, overall: 'Overall Acc.' }).map(([category, label]): Row => {
    const scores = results.map(r => percentOf(r, p => category === 'overall' || p.category === category));
    return { category: label, ...besideBaseline(results, scores) };
  });
  return {
    name: 'table2',
    title: `Accuracy (%) on ${results[0]!.benchmark.title}, ${results[0]!.benchmark.split}, suite ${results[0]!.suite}`,
    columns: [{ key: 'category', label: 'Category' }, ...modelColumns(results)],
    rows,
  };
}

/** Figure 5's numbers: accuracy by number of objects, with intervals clustered by image. */
function byObjects(results: readonly RunResult[]): Table {
  const rows = objectCounts(results).flatMap(objects =>
    results.map(result => estimate(result, { objects }, p => p.labels.objects === objects)),
  );
  return {
    name: 'fig5',
    title: `Accuracy (%) by number of objects, ${results[0]!.benchmark.title}, suite ${results[0]!.suite}`,
    columns: columnsOf(rows),
    rows,
  };
}

/** Table 3 as the paper prints it. */
function table3(results: readonly RunResult[]): Table {
  const rows = Object.entries(TABLE3_ROWS).flatMap(([name, label]): Row[] => {
    const ours = results.filter(r => r.benchmark.name === name);
    const scores = ours.map(r => percentOf(r, everything));
    return ours.length > 0 ? [{ category: label, ...besideBaseline(ours, scores) }] : [];
  });
  return {
    name: 'table3',
    title: `Accuracy (%) on standard benchmarks, suite ${results[0]!.suite}`,
    columns: [{ key: 'category', label: 'Category' }, ...modelColumns(results)],
    rows,
  };
}

/** Every model on every benchmark and category: interval, blind scores, paired test against the first model. */
function longForm(results: readonly RunResult[]): Table {
  const rows = results.flatMap(result => {
    const { title, split } = result.benchmark;
    const baseline = results.find(r => r.benchmark.title === title && r.benchmark.split === split)!;
    const categories = [...new Set(result.predictions.map(p => p.category))].sort();
    const parts = categories.length > 1 ? ['(all)', ...categories] : ['(all)'];
    return parts.map((category): Row => {
      const chosen: Chosen = p => category === '(all)' || p.category === category;
      const chance = result.benchmark.chance.get(category);
      return {
        ...estimate(result, { benchmark: title, split, category }, chosen),
        ...againstBaseline(result, baseline, chosen),
        chance: chance === undefined ? null : 100 * chance,
        textOnly: percent(part(result, chosen, textOnly).scores),
        blankImage: percent(part(result, chosen, blank).scores),
        suite: result.suite,
        ...result.provenance,
      };
    });
  });
  return { name: 'eval-long', title: 'Accuracy, long form', columns: columnsOf(rows), rows };
}

const percentOf = (result: RunResult, chosen: Chosen): number => percent(part(result, chosen).scores);

function estimate(result: RunResult, labels: Record<string, Cell>, chosen: Chosen): Row {
  return { model: result.model, ...labels, ...accuracyOn(result, chosen) };
}

/** Difference from the baseline on the same questions, tested by swapping whole images; empty for the baseline itself. */
function againstBaseline(result: RunResult, baseline: RunResult, chosen: Chosen): Row {
  return result === baseline ? NO_DIFFERENCE : { ...gainOver(result, baseline, chosen) };
}

/** One cell a model: its score, and its difference from the first model's in brackets. */
function besideBaseline(results: readonly RunResult[], scores: readonly number[]): Row {
  return Object.fromEntries(
    results.map((result, i): [string, Cell] => {
      if (Number.isNaN(scores[i])) return [result.model, null];
      const difference = scores[i]! - scores[0]!;
      const signed = `${difference > 0 ? '+' : ''}${difference.toFixed(2)}`;
      return [result.model, `${scores[i]!.toFixed(2)}${i > 0 ? ` (${signed})` : ''}`];
    }),
  );
}

const modelColumns = (results: readonly RunResult[]) =>
  [...new Set(results.map(r => r.model))].map(model => ({ key: model, label: model }));

import { mcnemar } from '../../metrics/mcnemar.js';
import { detectable } from '../../metrics/power.js';
import type { RunResult } from '../../records/result.js';
import { type Column, columnsOf, fileName, type Row, type Table } from '../../records/table.js';
import { benchmarkMetrics } from '../benchmark-metrics.js';
import {
  accuracyOf,
  BLIND_LEVEL,
  blindTest,
  differenceOf,
  isKnown,
  spreadOf,
  suitesOf,
} from '../estimates.js';
import { type ConditionScores, percent } from '../scores.js';
import { type PermutationTest, readConditions } from './conditions.js';
import { psiOf } from './psi.js';

/** The benchmarks of the paper's Table 1, in its order. */
const PAPER_ROWS: readonly string[] = ['vqav2', 'pope', 'gqa', 'cvbench'];

/** Table 1, its extras, the long form and each model's categories. */
export function permutationTables(results: readonly RunResult[], test: PermutationTest): Table[] {
  const models = [...new Set(results.map(r => r.model))];
  const first = results.filter(r => r.model === models[0]);
  const paper = first.filter(r => PAPER_ROWS.includes(r.benchmark.name));
  const extra = first.filter(r => !PAPER_ROWS.includes(r.benchmark.name));
  return [
    // The paper's rows; its own synthetic benchmark, which Table 1 lacks, stands in while it is the only one.
    ...(paper.length > 0 ? [table1('table1', paper, test)] : []),
    ...(extra.length > 0 ? [table1(paper.length > 0 ? 'table1-extra' : 'table1', extra, test)] : []),
    ...(models.length > 1 ? [table1('table1-models', results, test)] : []),
    longForm(results, test),
    ...metricsOf(results),
    ...results.filter(hasCategories).map(result => categories(result, test)),
  ];
}

/** The benchmarks' own figures, where they have any. */
function metricsOf(results: readonly RunResult[]): Table[] {
  const metrics = benchmarkMetrics('table1-metrics', results);
  return metrics.rows.length > 0 ? [metrics] : [];
}

/** Table 1 as the paper prints it: Dataset, Original, Permutation, Difference, in per cent. */
function table1(name: string, results: readonly RunResult[], test: PermutationTest): Table {
  const order = (r: RunResult) => PAPER_ROWS.indexOf(r.benchmark.name);
  const severalModels = new Set(results.map(r => r.model)).size > 1;
  const sorted = [...results].sort((a, b) => order(a) - order(b));
  const columns: Column[] = [
    ...(severalModels ? [{ key: 'model', label: 'Model' }] : []),
    { key: 'dataset', label: 'Dataset' },
    { key: 'original', label: 'Original', format: { decimals: 2 } },
    { key: 'permutation', label: 'Permutation', format: { decimals: 2 } },
    { key: 'difference', label: 'Difference', format: { decimals: 2 } },
  ];
  const rows = sorted.map((result): Row => {
    const { original, permuted } = readConditions(result, test);
    const before = percent(original.scores);
    const after = percent(permuted.scores);
    return {
      ...(severalModels ? { model: result.model } : {}),
      dataset: result.benchmark.title,
      original: before,
      permutation: after,
      difference: after - before,
    };
  });
  const behind = sorted.map((result, i) => ({ ...rows[i]!, ...testOf(result, test) }));
  return {
    name,
    title: `Impact of random vision token permutation on accuracy (%), suite ${suitesOf(results)}`,
    columns,
    rows,
    shown: { columns: [...columns, ...TEST_COLUMNS], rows: behind },
  };
}

/** What stands beside Table 1's columns on a terminal. */
const TEST_COLUMNS: readonly Column[] = [
  { key: 'low', label: '95% from', format: { decimals: 2 } },
  { key: 'high', label: 'to', format: { decimals: 2 } },
  { key: 'p', label: 'p', format: { decimals: 4 } },
  { key: 'n', label: 'Questions' },
  { key: 'verdict', label: 'Difference is' },
];

/** The difference's 95 % interval in points, its p, the number of questions, and whether it can be interpreted. */
function testOf(result: RunResult, test: PermutationTest): Row {
  const { original, permuted, blank, textOnly } = readConditions(result, test);
  const { differenceLow, differenceHigh, p } = differenceOf(permuted, original, result.seed);
  const pBlind = Math.max(
    blindTest(original, blank, result.seed),
    blindTest(original, textOnly, result.seed),
  );
  const verdict = isKnown(original) ? interpretability(pBlind) : null;
  return { low: differenceLow, high: differenceHigh, p, n: original.scores.length, verdict };
}

/** Of a model that answers no better than without the image, given the larger p of the two tests. */
const interpretability = (pBlind: number): string =>
  pBlind < BLIND_LEVEL ? 'interpretable' : 'uninterpretable';

/** The same with all that stands behind it: intervals and tests clustered by image, blind scores, provenance. */
function longForm(results: readonly RunResult[], test: PermutationTest): Table {
  const rows = results.map((result): Row => {
    const { original, permuted, perDraw, blank, textOnly } = readConditions(result, test);
    const { seed } = result;
    const { n, images, accuracy, low, high } = accuracyOf(original);
    const after = accuracyOf(permuted);
    const pOverBlank = blindTest(original, blank, seed);
    const pOverText = blindTest(original, textOnly, seed);
    const drawn = perDraw.map(draw => percent(draw.scores));
    const known = isKnown(original);
    return {
      suite: result.suite,
      model: result.model,
      benchmark: result.benchmark.title,
      split: result.benchmark.split,
      n,
      images,
      original: accuracy,
      originalLow: low,
      originalHigh: high,
      permutation: after.accuracy,
      permutationLow: after.low,
      permutationHigh: after.high,
      ...differenceOf(permuted, original, seed),
      detectable: 100 * detectable(spreadOf(permuted, original)),
      ...psiFields({ original, permuted }),
      mcnemarP: known ? firstDrawMcnemar(original, perDraw[0]!) : null,
      draws: test.seeds,
      drawMin: Math.min(...drawn),
      drawMax: Math.max(...drawn),
      drawSd: standardDeviation(drawn),
      blankImage: percent(blank.scores),
      textOnly: percent(textOnly.scores),
      pOverBlank,
      pOverText,
      verdict: known ? interpretability(Math.max(pOverBlank, pOverText)) : null,
      ...result.provenance,
    };
  });
  return { name: 'table1-long', title: 'Permutation test, long form', columns: columnsOf(rows), rows };
}

/** The Position Sensitivity Index with its interval, in per cent. */
function psiFields(scores: Parameters<typeof psiOf>[0]) {
  const { value, low, high } = psiOf(scores);
  return { psi: value, psiLow: low, psiHigh: high };
}

/** Whether the benchmark sorts its questions. */
const hasCategories = ({ predictions }: RunResult): boolean =>
  predictions.some(({ category }) => category !== '');

/** Accuracy by category beside what needs no image: the chance floor, the text-only and the blank-image scores. */
function categories(result: RunResult, test: PermutationTest): Table {
  const { name, title } = result.benchmark;
  const names = [...new Set(result.predictions.map(p => p.category))].sort();
  const rows = names.map((category): Row => {
    const inCategory = { ...result, predictions: result.predictions.filter(p => p.category === category) };
    const { original, permuted, blank, textOnly } = readConditions(inCategory, test);
    const chance = result.benchmark.chance.get(category);
    return {
      category,
      n: original.scores.length,
      original: percent(original.scores),
      permutation: percent(permuted.scores),
      difference: percent(permuted.scores) - percent(original.scores),
      chance: chance === undefined ? null : 100 * chance,
      textOnly: percent(textOnly.scores),
      blankImage: percent(blank.scores),
    };
  });
  return {
    name: `table1-categories-${fileName(result.model)}-${fileName(name === 'own' ? title : name)}`,
    title: `${result.model} on ${result.benchmark.title} (${result.benchmark.split}) by category (%), suite ${result.suite}`,
    columns: [
      { key: 'category', label: 'Category' },
      { key: 'n', label: 'Questions' },
      ...(
        [
          ['original', 'Original'],
          ['permutation', 'Permutation'],
          ['difference', 'Difference'],
          ['chance', 'Chance floor'],
          ['textOnly', 'Text-only'],
          ['blankImage', 'Blank image'],
        ] as const
      ).map(([key, label]) => ({ key, label, format: { decimals: 2 } })),
    ],
    rows,
  };
}

/** On questions, not images, and on one draw: secondary. A question counts as correct from a score of 0.5. */
const firstDrawMcnemar = (original: ConditionScores, permuted: ConditionScores): number =>
  mcnemar(
    original.scores.map(s => s >= 0.5),
    permuted.scores.map(s => s >= 0.5),
  ).p;

/** Of a sample; null for one value. */
function standardDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1));
}

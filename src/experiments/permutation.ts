import { z } from 'zod';
import { parseOrder, permute } from '../interventions/permute.js';
import { clusteredMean } from '../metrics/bootstrap.js';
import { mcnemar } from '../metrics/mcnemar.js';
import { pairedClusterTest } from '../metrics/paired-cluster-test.js';
import { columnsOf, type Row, type Table } from '../metrics/table.js';
import { blankImageCondition, textOnlyCondition } from './controls.js';
import { type ConditionScores, meanScores, percent, scoresOf } from './scores.js';
import type { Condition, Experiment, RunResult } from './types.js';

const ORIGINAL = 'original';
const PERMUTED = 'permuted';

/** A model must beat its own blind scores at this level for its difference to mean anything. */
const BLIND_LEVEL = 0.001;

const options = z.strictObject({
  seeds: z.int().positive().default(1).meta({ description: 'permutations drawn for each image' }),
  order: z
    .string()
    .default('random')
    .meta({ description: 'random, reverse, rows, columns or blocks:K', placeholder: 'ORDER' }),
});

/**
 * The permutation test (paper §3.1, Table 1): accuracy with the vision tokens in random order against their own order.
 * The same questions are also asked with a blank image and with none: a model that is blind to the images of a benchmark
 * would be perfectly permutation-proof, so its difference is marked uninterpretable.
 */
export const permutation: Experiment<typeof options> = {
  name: 'permute',
  paper: 'Table 1, §3.1',
  summary: 'accuracy with the vision tokens in random order',
  options,
  conditions: ({ seeds, order }) => [
    { name: ORIGINAL, image: true, interventions: [] },
    ...draws(seeds).map(
      (draw): Condition => ({
        name: permutedName(draw),
        image: true,
        interventions: [permute(parseOrder(order), draw)],
      }),
    ),
    blankImageCondition,
    textOnlyCondition,
  ],
  tables: (results, { seeds }) => {
    const models = [...new Set(results.map(r => r.model))];
    const first = results.filter(r => r.model === models[0]);
    const paper = first.filter(r => PAPER_ROWS.includes(r.benchmark.name));
    const extra = first.filter(r => !PAPER_ROWS.includes(r.benchmark.name));
    return [
      // The paper's rows; its own synthetic benchmark, which Table 1 lacks, stands in while it is the only one.
      ...(paper.length > 0 ? [table1('table1', paper, seeds)] : []),
      ...(extra.length > 0 ? [table1(paper.length > 0 ? 'table1-extra' : 'table1', extra, seeds)] : []),
      ...(models.length > 1 ? [table1('table1-models', results, seeds)] : []),
      longForm(results, seeds),
      ...results.map(result => categories(result, seeds)),
    ];
  },
};

/** The benchmarks of the paper's Table 1, in its order. */
const PAPER_ROWS: readonly string[] = ['vqav2', 'pope', 'gqa', 'cvbench'];

const draws = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
const permutedName = (draw: number): string => `${PERMUTED}-${draw}`;

/** The four ways of asking, question by question; `permuted` is the mean over the draws. */
function readConditions({ predictions }: RunResult, seeds: number) {
  const perDraw = draws(seeds).map(draw => scoresOf(predictions, permutedName(draw)));
  return {
    original: scoresOf(predictions, ORIGINAL),
    permuted: meanScores(perDraw),
    perDraw,
    blank: scoresOf(predictions, blankImageCondition.name),
    textOnly: scoresOf(predictions, textOnlyCondition.name),
  };
}

/** Table 1 as the paper prints it: Dataset, Original, Permutation, Difference, in per cent. */
function table1(name: string, results: readonly RunResult[], seeds: number): Table {
  const order = (r: RunResult) => PAPER_ROWS.indexOf(r.benchmark.name);
  const severalModels = new Set(results.map(r => r.model)).size > 1;
  return {
    name,
    title: `Impact of random vision token permutation on accuracy (%), suite ${suites(results)}`,
    columns: [
      ...(severalModels ? [{ key: 'model', label: 'Model' }] : []),
      { key: 'dataset', label: 'Dataset' },
      { key: 'original', label: 'Original', format: { decimals: 2 } },
      { key: 'permutation', label: 'Permutation', format: { decimals: 2 } },
      { key: 'difference', label: 'Difference', format: { decimals: 2 } },
    ],
    rows: [...results]
      .sort((a, b) => order(a) - order(b))
      .map(result => {
        const { original, permuted } = readConditions(result, seeds);
        const before = percent(original.scores);
        const after = percent(permuted.scores);
        return {
          ...(severalModels ? { model: result.model } : {}),
          dataset: result.benchmark.title,
          original: before,
          permutation: after,
          difference: after - before,
        };
      }),
  };
}

/** The same with all that stands behind it: intervals and tests clustered by image, blind scores, provenance. */
function longForm(results: readonly RunResult[], seeds: number): Table {
  const rows = results.map((result): Row => {
    const { original, permuted, perDraw, blank, textOnly } = readConditions(result, seeds);
    const { seed } = result;
    const test = pairedClusterTest(permuted.scores, original.scores, original.images, { seed });
    const accuracy = clusteredMean(original.scores, original.images, { seed });
    const after = clusteredMean(permuted.scores, original.images, { seed });
    const pOverBlank = blindTest(original, blank, seed);
    const pOverText = blindTest(original, textOnly, seed);
    const drawn = perDraw.map(draw => percent(draw.scores));
    return {
      suite: result.suite,
      model: result.model,
      benchmark: result.benchmark.title,
      split: result.benchmark.split,
      n: test.n,
      images: test.clusters,
      original: percent(original.scores),
      originalLow: 100 * accuracy.low,
      originalHigh: 100 * accuracy.high,
      permutation: percent(permuted.scores),
      permutationLow: 100 * after.low,
      permutationHigh: 100 * after.high,
      difference: 100 * test.difference,
      differenceLow: 100 * test.low,
      differenceHigh: 100 * test.high,
      p: test.p,
      mcnemarP: firstDrawMcnemar(original, perDraw[0]!),
      draws: seeds,
      drawMin: Math.min(...drawn),
      drawMax: Math.max(...drawn),
      drawSd: standardDeviation(drawn),
      blankImage: percent(blank.scores),
      textOnly: percent(textOnly.scores),
      pOverBlank,
      pOverText,
      verdict: Math.max(pOverBlank, pOverText) < BLIND_LEVEL ? 'interpretable' : 'uninterpretable',
      ...result.provenance,
    };
  });
  return { name: 'table1-long', title: 'Permutation test, long form', columns: columnsOf(rows), rows };
}

/** Accuracy by category beside what needs no image: the chance floor, the text-only and the blank-image scores. */
function categories(result: RunResult, seeds: number): Table {
  const names = [...new Set(result.predictions.map(p => p.category))].sort();
  const rows = names.map((category): Row => {
    const inCategory = { ...result, predictions: result.predictions.filter(p => p.category === category) };
    const { original, permuted, blank, textOnly } = readConditions(inCategory, seeds);
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
    name: `table1-categories-${fileName(result.model)}-${result.benchmark.name}`,
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

/** One-sided: how likely a model that gains nothing from the image would score so far above its blind self. */
const blindTest = (original: ConditionScores, blind: ConditionScores, seed: number): number =>
  pairedClusterTest(original.scores, blind.scores, original.images, { seed, alternative: 'greater' }).p;

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

const fileName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

const suites = (results: readonly RunResult[]): string => [...new Set(results.map(r => r.suite))].join(', ');

import type { Prediction } from '../../metrics/prediction.js';
import { columnsOf, type Row, type Table } from '../../metrics/table.js';
import type { RunResult } from '../types.js';
import { datasetLabel, inPaperOrder, paperEntropy } from './datasets.js';
import { baselineOf, differenceOf, type Mean, meanOf } from './estimates.js';
import { type Measure, measureOf, ORIGINAL, under } from './measures.js';

/** Table 4 as the paper prints it, its long form, the attention on targets, and the questions left out. */
export function attentionTables(
  results: readonly RunResult[],
  options: { readonly tokens: string },
): Table[] {
  const sorted = inPaperOrder(results);
  const targets = targetRows(sorted);
  const leftOut = leftOutRows(sorted);
  return [
    table4(sorted),
    longForm(sorted, options.tokens),
    ...(targets.length > 0 ? [targetTable(targets, sorted)] : []),
    ...(leftOut.length > 0 ? [leftOutTable(leftOut)] : []),
  ];
}

const suites = (results: readonly RunResult[]): string => [...new Set(results.map(r => r.suite))].join(', ');

function table4(results: readonly RunResult[]): Table {
  const datasets = [...new Set(results.map(datasetLabel))];
  const models = [...new Set(results.map(r => r.model))];
  return {
    name: 'table4',
    title: `Vision token attention entropy, normalised (lower: more selective), suite ${suites(results)}`,
    columns: [
      { key: 'dataset', label: 'Vision Token Attention Entropy' },
      ...models.map(model => ({ key: model, label: model, format: { decimals: 2 } })),
    ],
    rows: datasets.map((dataset): Row => {
      const ours = results.filter(r => datasetLabel(r) === dataset);
      const cells = ours.map(r => [r.model, entropyOf(r).mean] as const);
      return { dataset: `${dataset} ↓`, ...Object.fromEntries(cells) };
    }),
  };
}

const entropyOf = (result: RunResult, condition = ORIGINAL): Mean =>
  meanOf(under(result, condition), named('entropy'), result.seed);

const named = (name: Measure) => (prediction: Prediction) => measureOf(prediction, name);

/** Every model on every benchmark under every condition; the paired test is against the first model. */
function longForm(results: readonly RunResult[], tokens: string): Table {
  const rows = results.flatMap(result => {
    const conditions = [...new Set(result.predictions.map(p => p.condition))];
    return conditions
      .filter(condition => entropyOf(result, condition).n > 0)
      .map((condition): Row => {
        const asked = under(result, condition);
        const { n, images, mean, low, high } = entropyOf(result, condition);
        const map = meanOf(asked, named('mapEntropy'), result.seed);
        const vision = meanOf(asked, named('visionMass'), result.seed);
        return {
          suite: result.suite,
          model: result.model,
          benchmark: result.benchmark.title,
          split: result.benchmark.split,
          condition,
          tokens,
          n,
          leftOut: asked.length - n,
          images,
          entropy: mean,
          low,
          high,
          ...againstFirst(result, results, condition),
          visionMass: vision.mean,
          targetWordN: map.n,
          targetWordEntropy: map.mean,
          targetWordLow: map.low,
          targetWordHigh: map.high,
          paper: condition === ORIGINAL ? (paperEntropy(result) ?? null) : null,
          ...result.provenance,
        };
      });
  });
  const columns = columnsOf(rows).map(column =>
    column.key === 'paper' ? { ...column, label: 'paper (LLaVA-1.5 7B)' } : column,
  );
  return { name: 'table4-long', title: 'Attention entropy, long form', columns, rows };
}

function againstFirst(result: RunResult, results: readonly RunResult[], condition: string): Row {
  const first = baselineOf(result, results);
  const test =
    result === first || condition !== ORIGINAL ? undefined : differenceOf(result, first, named('entropy'));
  return {
    difference: test?.difference ?? null,
    differenceLow: test?.low ?? null,
    differenceHigh: test?.high ?? null,
    p: test?.p ?? null,
  };
}

const ROWS = [
  { of: 'answer', measure: 'targetMass' },
  { of: 'target word', measure: 'mapTargetMass' },
] as const;

const ANSWERS = {
  all: () => true,
  right: (p: Prediction) => p.score >= 0.5,
  wrong: (p: Prediction) => p.score < 0.5,
} as const;

/** What the target's own cells get of the attention, beside what they would get of even attention. */
function targetRows(results: readonly RunResult[]): Row[] {
  return results.flatMap(result =>
    ROWS.flatMap(({ of, measure }) =>
      Object.entries(ANSWERS).flatMap(([answers, chosen]): Row[] => {
        const asked = under(result, ORIGINAL).filter(p => chosen(p) && measureOf(p, measure) !== undefined);
        const { n, images, mean, low, high } = meanOf(asked, named(measure), result.seed);
        if (n === 0) return [];
        const even = meanOf(asked, named('targetShare'), result.seed).mean;
        return [
          {
            model: result.model,
            dataset: datasetLabel(result),
            row: of,
            answers,
            n,
            images,
            ...percentages({ mean, low, high, even }),
          },
        ];
      }),
    ),
  );
}

const percentages = (shares: Readonly<Record<string, number>>): Row =>
  Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, 100 * share]));

function targetTable(rows: readonly Row[], results: readonly RunResult[]): Table {
  const format = { decimals: 2 };
  return {
    name: 'table4-target',
    title: `Attention on the target's own cells, % of that on vision tokens, suite ${suites(results)}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'dataset', label: 'Dataset' },
      { key: 'row', label: 'Attention of' },
      { key: 'answers', label: 'Answers' },
      { key: 'n', label: 'Questions' },
      { key: 'images', label: 'Images' },
      { key: 'mean', label: 'On target', format },
      { key: 'low', label: '95% from', format },
      { key: 'high', label: 'to', format },
      { key: 'even', label: 'If even', format },
    ],
    rows,
  };
}

/** Questions without an entropy: how many, and the first of them by name. */
function leftOutRows(results: readonly RunResult[]): Row[] {
  return results.flatMap(result => {
    const without = under(result, ORIGINAL).filter(p => measureOf(p, 'entropy') === undefined);
    if (without.length === 0) return [];
    const first = without.slice(0, NAMED).map(({ id, output }) => `${id} (${output})`);
    const questions = [...first, ...(without.length > NAMED ? ['…'] : [])].join(', ');
    return [{ model: result.model, dataset: datasetLabel(result), n: without.length, questions }];
  });
}

const NAMED = 6;

const leftOutTable = (rows: readonly Row[]): Table => ({
  name: 'table4-left-out',
  title: 'Questions left out, whose answers have no target word',
  columns: [
    { key: 'model', label: 'Model' },
    { key: 'dataset', label: 'Dataset' },
    { key: 'n', label: 'Questions' },
    { key: 'questions', label: 'Which (answer)', format: 'text' },
  ],
  rows,
});

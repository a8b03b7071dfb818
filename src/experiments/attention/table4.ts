import type { Prediction } from '../../records/prediction.js';
import { columnsOf, type Row, type Table } from '../../records/table.js';
import { isCondition, original } from '../condition.js';
import { suitesOf } from '../estimates.js';
import { named, under } from '../scores.js';
import {
  type AttentionResult,
  type DatasetResults,
  datasetsOf,
  differenceOf,
  type Mean,
  type Measure,
  meanOf,
  measureOf,
  paperEntropy,
} from './measures.js';

/** Table 4 as the paper prints it, its long form, the attention on targets, and the questions left out. */
export function attentionTables(
  results: readonly AttentionResult[],
  options: { readonly tokens: string },
): Table[] {
  const datasets = datasetsOf(results);
  const suite = suitesOf(results);
  const targets = targetRows(datasets, options.tokens);
  const leftOut = leftOutRows(datasets);
  return [
    table4(datasets, suite),
    longForm(datasets, options.tokens),
    ...(targets.length > 0 ? [targetTable(targets, suite)] : []),
    ...(leftOut.length > 0 ? [leftOutTable(leftOut)] : []),
  ];
}

function table4(datasets: readonly DatasetResults[], suite: string): Table {
  const models = new Set(datasets.flatMap(({ results }) => results.map(r => r.model)));
  return {
    name: 'table4',
    title: `Vision token attention entropy, normalised (lower: more selective), suite ${suite}`,
    columns: [
      { key: 'dataset', label: 'Vision Token Attention Entropy' },
      ...[...models].map(model => ({ key: model, label: model, format: { decimals: 2 } })),
    ],
    rows: datasets.map(({ label, results }): Row => {
      const cells = results.map(r => [r.model, entropyOf(r).mean] as const);
      return { dataset: `${label} ↓`, ...Object.fromEntries(cells) };
    }),
  };
}

const entropyOf = (result: AttentionResult): Mean => meanOf(under(result, original), measured('entropy'));

const measured = (name: Measure) => (prediction: Prediction) => measureOf(prediction, name);

/** Every model on every benchmark under every condition; the paired test is against the first model. */
function longForm(datasets: readonly DatasetResults[], tokens: string): Table {
  const rows = eachResult(datasets).flatMap(({ result, first }) => {
    return result.conditions.flatMap((condition): Row[] => {
      const asked = named(result.predictions, condition.name);
      const { n, images, mean, low, high } = meanOf(asked, measured('entropy'));
      if (n === 0) return [];
      const unchanged = isCondition(condition, original);
      const map = meanOf(asked, measured('mapEntropy'));
      const vision = meanOf(asked, measured('visionMass'));
      return [
        {
          suite: result.suite,
          model: result.model,
          benchmark: result.benchmark.title,
          split: result.benchmark.split,
          condition: condition.name,
          tokens,
          n,
          leftOut: asked.length - n,
          images,
          entropy: mean,
          low,
          high,
          ...againstFirst(result, first, unchanged),
          visionMass: vision.mean,
          targetWordN: map.n,
          targetWordEntropy: map.mean,
          targetWordLow: map.low,
          targetWordHigh: map.high,
          paper: unchanged ? (paperEntropy(result) ?? null) : null,
          ...result.provenance,
        },
      ];
    });
  });
  const columns = columnsOf(rows).map(column =>
    column.key === 'paper' ? { ...column, label: 'paper (LLaVA-1.5 7B)' } : column,
  );
  return { name: 'table4-long', title: 'Attention entropy, long form', columns, rows };
}

function againstFirst(result: AttentionResult, first: AttentionResult, unchanged: boolean): Row {
  const test = result === first || !unchanged ? undefined : differenceOf(result, first, measured('entropy'));
  return {
    difference: test?.difference ?? null,
    differenceLow: test?.low ?? null,
    differenceHigh: test?.high ?? null,
    p: test?.p ?? null,
  };
}

/** Whose attention the target's cells get: that of the chosen tokens, and that which produces the target word. */
const rowsOf = (tokens: string): readonly { readonly of: string; readonly measure: Measure }[] => [
  ...(tokens === 'target'
    ? []
    : [{ of: tokens === 'all' ? 'all text' : 'answer', measure: 'targetMass' as const }]),
  { of: 'target word', measure: 'mapTargetMass' },
];

const ANSWERS = {
  all: () => true,
  right: (p: Prediction) => p.score >= 0.5,
  wrong: (p: Prediction) => p.score < 0.5,
} as const;

/** What the target's own cells get of the attention, beside what they would get of even attention. */
function targetRows(datasets: readonly DatasetResults[], tokens: string): Row[] {
  return eachResult(datasets).flatMap(({ label, result }) =>
    rowsOf(tokens).flatMap(({ of, measure }) =>
      Object.entries(ANSWERS).flatMap(([answers, chosen]): Row[] => {
        const asked = under(result, original).filter(p => chosen(p) && measureOf(p, measure) !== undefined);
        const { n, images, mean, low, high } = meanOf(asked, measured(measure));
        if (n === 0) return [];
        const even = meanOf(asked, measured('targetShare')).mean;
        return [
          {
            model: result.model,
            dataset: label,
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

/** With the first model's result, which differences are taken from. */
const eachResult = (datasets: readonly DatasetResults[]) =>
  datasets.flatMap(({ label, results }) => results.map(result => ({ label, result, first: results[0]! })));

const percentages = (shares: Readonly<Record<string, number>>): Row =>
  Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, 100 * share]));

function targetTable(rows: readonly Row[], suite: string): Table {
  const format = { decimals: 2 };
  return {
    name: 'table4-target',
    title: `Attention on the target's own cells, % of that on vision tokens, suite ${suite}`,
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
function leftOutRows(datasets: readonly DatasetResults[]): Row[] {
  return eachResult(datasets).flatMap(({ label, result }) => {
    const without = under(result, original).filter(p => measureOf(p, 'entropy') === undefined);
    if (without.length === 0) return [];
    const first = without.slice(0, NAMED).map(({ id, output }) => `${id} (${output})`);
    const questions = [...first, ...(without.length > NAMED ? ['…'] : [])].join(', ');
    return [{ model: result.model, dataset: label, n: without.length, questions }];
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

import type { Metric, ScoredRow } from './types.js';

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Mean of the scores that are known, of which `n` says how many; NaN for none, and then of how many questions. */
function accuracy(rows: readonly ScoredRow[], slice = ''): Metric {
  const known = rows.filter(row => !Number.isNaN(row.score));
  return {
    name: 'accuracy',
    slice,
    value: mean(known.map(row => row.score)),
    n: known.length || rows.length,
  };
}

/** Mean score for each value that `key` takes, in sorted order; rows where it has none ('' or undefined) are left out. */
function accuracyBy(
  rows: readonly ScoredRow[],
  label: string,
  key: (row: ScoredRow) => string | number | undefined,
): Metric[] {
  return [...groupBy(rows, key)].map(([value, group]) => accuracy(group, `${label} = ${value}`));
}

function groupBy(
  rows: readonly ScoredRow[],
  key: (row: ScoredRow) => string | number | undefined,
): Map<string, ScoredRow[]> {
  const groups = new Map<string, ScoredRow[]>();
  for (const row of rows) {
    const value = String(key(row) ?? '');
    if (value === '') continue;
    const group = groups.get(value);
    if (group === undefined) groups.set(value, [row]);
    else group.push(row);
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** VQA accuracy overall, per answer type (yes/no, number, other) and per question type, as `vqaEval.py` reports it. */
export const vqaMetrics = (rows: readonly ScoredRow[]): Metric[] => [
  accuracy(rows),
  ...accuracyBy(rows, 'answer type', row => row.category),
  ...accuracyBy(rows, 'question type', row => row.labels.questionType),
];

/** GQA accuracy overall, of binary and open questions, and per structural and semantic type, as its `eval.py` reports it. */
export const gqaMetrics = (rows: readonly ScoredRow[]): Metric[] => [
  accuracy(rows),
  ...accuracyBy(rows, 'form', row => row.labels.form),
  ...accuracyBy(rows, 'structural', row => row.labels.structural),
  ...accuracyBy(rows, 'semantic', row => row.labels.semantic),
];

/**
 * CV-Bench's figures: the plain mean over rows (the paper's), the mean of the two sources' accuracies (the benchmark's
 * own: (ADE20K + COCO) / 2), and accuracy per task and per source.
 */
export function cvBenchMetrics(rows: readonly ScoredRow[]): Metric[] {
  const sources = accuracyBy(rows, 'source', row => row.labels.source);
  const ofSources = { name: 'accuracy', slice: 'mean of sources', value: mean(sources.map(m => m.value)) };
  return [
    accuracy(rows),
    { ...ofSources, n: rows.length },
    ...accuracyBy(rows, 'task', row => row.category),
    ...sources,
  ];
}

/** Accuracy overall and per category, named as the benchmark names it. */
export const metricsBy =
  (category: string) =>
  (rows: readonly ScoredRow[]): Metric[] => [
    accuracy(rows),
    ...accuracyBy(rows, category, row => row.category),
  ];

/**
 * MMVP's figures: accuracy, and the share of pairs with both questions right, which is what it reports. Pairs of which only one question
 * was put are left out.
 */
export const mmvpMetrics = (rows: readonly ScoredRow[]): Metric[] => [
  accuracy(rows),
  allRight(rows, 'pair accuracy', 2, row => row.labels.pair),
];

/**
 * Accuracy, and for each kind of pair its consistency: the share of pairs with both questions right. A row's label of that name is its
 * pair. Pairs of which only one question was put are left out, and counted apart.
 */
export const pairMetrics =
  (kinds: readonly string[]) =>
  (rows: readonly ScoredRow[]): Metric[] => [
    accuracy(rows),
    ...kinds.flatMap(kind => {
      const paired = rows.filter(row => row.labels[kind] !== undefined);
      if (paired.length === 0) return [];
      const pairs = allRight(paired, 'consistency', 2, row => row.labels[kind], kind);
      const apart = paired.length - 2 * pairs.n;
      return [
        pairs,
        ...(apart > 0
          ? [{ name: 'questions without their partner', slice: kind, value: apart / paired.length, n: apart }]
          : []),
      ];
    }),
  ];

/** Relations of What'sUp that are each other's opposite. */
const OPPOSITES = [
  ['left', 'right'],
  ['on', 'under'],
  ['front', 'behind'],
] as const;

/**
 * What'sUp's figures: accuracy, per relation, and on its own photographs the share of pairs of opposite relations, and of sets of all four,
 * with every question right (its `evaluate_scores`). Pairs and sets of which only a part was put are left out.
 */
export function whatsUpMetrics(rows: readonly ScoredRow[]): Metric[] {
  const sets = rows.filter(row => row.labels.set !== undefined);
  const pairs = OPPOSITES.flatMap((pair, i) =>
    sets
      .filter(row => pair.some(relation => relation === row.category))
      .map(row => ({ ...row, labels: { pair: `${i} ${row.labels.set}` } })),
  );
  return [
    accuracy(rows),
    ...accuracyBy(rows, 'relation', row => row.category),
    ...(sets.length === 0
      ? []
      : [
          allRight(pairs, 'pair accuracy', 2, row => row.labels.pair),
          allRight(sets, 'set accuracy', 4, row => row.labels.set),
        ]),
  ];
}

/** The share of groups of `size` rows that have every score 1; NaN for none. */
function allRight(
  rows: readonly ScoredRow[],
  name: string,
  size: number,
  key: (row: ScoredRow) => string | number | undefined,
  slice = '',
): Metric {
  const groups = [...groupBy(rows, key).values()].filter(group => group.length === size);
  const right = groups.filter(group => group.every(({ score }) => score === 1));
  return { name, slice, value: right.length / groups.length, n: groups.length };
}

/**
 * POPE's figures for each split (the rows' category) and their means over the splits: accuracy, precision, recall, F1
 * and the share of yes among the predictions. With one split there are its figures alone.
 */
export function popeMetrics(rows: readonly ScoredRow[]): Metric[] {
  const splits = [...groupBy(rows, row => row.category)].map(([split, group]) => confusion(group, split));
  const [first] = splits;
  if (first === undefined || splits.length === 1) return first ?? [];
  const means = first.map(({ name }, i) => ({
    name,
    slice: 'mean of splits',
    value: mean(splits.map(split => split[i]!.value)),
    n: rows.length,
  }));
  return [...means, ...splits.flat()];
}

/** Precision, recall and F1 of "yes", over the rows whose score is known; NaN where POPE's script would divide by zero. */
function confusion(all: readonly ScoredRow[], split: string): Metric[] {
  const known = all.filter(row => !Number.isNaN(row.score));
  const rows = known.length > 0 ? known : all;
  const yes = rows.filter(row => row.answer === 'yes');
  const right = (group: readonly ScoredRow[]) => sum(group.map(row => row.score));
  const missed = rows.length - yes.length - right(rows.filter(row => row.answer !== 'yes'));
  const hits = right(yes);
  const precision = hits / yes.length;
  const recall = hits / (hits + missed);
  const figures = {
    accuracy: right(rows) / rows.length,
    precision,
    recall,
    f1: (2 * precision * recall) / (precision + recall),
    'yes-ratio': yes.length / rows.length,
  };
  return Object.entries(figures).map(([name, value]) => ({ name, slice: split, value, n: rows.length }));
}

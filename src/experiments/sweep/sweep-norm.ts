import type { RunResult } from '../../records/result.js';
import { type Column, columnsOf, type Row, type Table } from '../../records/table.js';
import { blank, original, permuted, textOnly } from '../condition.js';
import { blindFloor } from '../decide.js';
import { accuracyOf, BLIND_LEVEL, blindTest, differenceOf, suitesOf } from '../estimates.js';
import {
  type ChangedCondition,
  type ConditionScores,
  conditionsOfKinds,
  named,
  scoresOf,
  scoresUnder,
} from '../scores.js';

/** Accuracy in the tokens' own order and in a random one, at one norm. */
export interface NormPoint {
  /** Multiple of the mean norm of the vocabulary's embeddings; null for the tokens' own norms. */
  readonly norm: number | null;
  readonly original: ConditionScores;
  readonly permuted: ConditionScores;
  /** With a blank image, and with none. */
  readonly blank: ConditionScores;
  readonly textOnly: ConditionScores;
}

/** The tokens' own norms first, then every norm, rising. */
export function normPoints(result: RunResult): NormPoint[] {
  const blind = { blank: scoresUnder(result, blank), textOnly: scoresUnder(result, textOnly) };
  const inOrder = conditionsOfKinds(result, 'rescale');
  const shuffled = conditionsOfKinds(result, 'rescale', 'permute');
  const scores = (condition: ChangedCondition | undefined) =>
    scoresOf(condition ? named(result.predictions, condition.name) : []);
  const norms = shuffled.map(({ params }) => Number(params.multiple)).sort((a, b) => a - b);
  const at = (norm: number) => (condition: ChangedCondition) => condition.params.multiple === norm;
  return [
    {
      norm: null,
      original: scoresUnder(result, original),
      permuted: scoresUnder(result, permuted()),
      ...blind,
    },
    ...norms.map(norm => ({
      norm,
      original: scores(inOrder.find(at(norm))),
      permuted: scores(shuffled.find(at(norm))),
      ...blind,
    })),
  ];
}

const DECIMALS = { format: { decimals: 2 } } as const;

const COLUMNS: readonly Column[] = [
  { key: 'model', label: 'Model' },
  { key: 'benchmark', label: 'Dataset' },
  { key: 'norm', label: 'Norm' },
  { key: 'accuracy', label: 'Original', ...DECIMALS },
  { key: 'permutation', label: 'Permutation', ...DECIMALS },
  { key: 'difference', label: 'Difference', ...DECIMALS },
  { key: 'differenceLow', label: '95% from', ...DECIMALS },
  { key: 'differenceHigh', label: 'to', ...DECIMALS },
  { key: 'p', label: 'p', format: { decimals: 4 } },
  { key: 'verdict', label: 'Difference is' },
];

/** Accuracy in both orders at every norm, and their difference; the long form with intervals and provenance. */
export function sweepTables(results: readonly RunResult[]): Table[] {
  const rows = results.flatMap(result => {
    const points = normPoints(result);
    return points.map(point => rowOf(result, point, points[0]!));
  });
  return [
    {
      name: 'sweep-norm',
      title: `Accuracy (%) with all vision tokens scaled to one norm (times the mean text embedding's), suite ${suitesOf(results)}`,
      columns: COLUMNS,
      rows: rows.map(row => Object.fromEntries(COLUMNS.map(({ key }) => [key, row[key]!]))),
    },
    { name: 'sweep-norm-long', title: 'Norm sweep, long form', columns: columnsOf(rows), rows },
  ];
}

/** `difference` is what the order is worth, `change` what the norm itself does: against the tokens' own norms. */
function rowOf(result: RunResult, point: NormPoint, own: NormPoint): Row {
  const { norm, original, permuted, blank, textOnly } = point;
  const { suite, model, benchmark, seed, provenance } = result;
  const after = accuracyOf(permuted);
  // The larger p of two one-sided tests: against a blank image, and against none.
  const pOverBlind = Math.max(blindTest(original, blank, seed), blindTest(original, textOnly, seed));
  const change = norm === null ? null : differenceOf(original, own.original, seed);
  return {
    suite,
    model,
    benchmark: benchmark.title,
    split: benchmark.split,
    norm: norm ?? 'own',
    ...accuracyOf(original),
    permutation: after.accuracy,
    permutationLow: after.low,
    permutationHigh: after.high,
    ...differenceOf(permuted, original, seed),
    blind: blindFloor(point),
    pOverBlind,
    verdict: pOverBlind < BLIND_LEVEL ? 'interpretable' : 'uninterpretable',
    change: change?.difference ?? null,
    changeLow: change?.differenceLow ?? null,
    changeHigh: change?.differenceHigh ?? null,
    changeP: change?.p ?? null,
    ...provenance,
  };
}

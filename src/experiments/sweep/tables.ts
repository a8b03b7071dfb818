import type { RunResult } from '../../records/result.js';
import { type Column, columnsOf, type Row, type Table } from '../../records/table.js';
import { blindFloor } from '../blindness.js';
import { accuracyOf, BLIND_LEVEL, blindTest, differenceOf, suitesOf } from '../estimates.js';
import { type NormPoint, normPoints } from './scores.js';

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
  const after = accuracyOf(permuted, seed);
  // The larger p of two one-sided tests: against a blank image, and against none.
  const pOverBlind = Math.max(blindTest(original, blank, seed), blindTest(original, textOnly, seed));
  const change = norm === null ? null : differenceOf(original, own.original, seed);
  return {
    suite,
    model,
    benchmark: benchmark.title,
    split: benchmark.split,
    norm: norm ?? 'own',
    ...accuracyOf(original, seed),
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

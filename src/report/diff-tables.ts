import { holm } from '../metrics/holm.js';
import { pairedClusterTest } from '../metrics/paired-cluster-test.js';
import type { Row, Table } from '../records/table.js';
import { type Change, changeOf, type Pair, type Side } from './pair-predictions.js';

interface Slice {
  readonly name: string;
  readonly pairs: readonly Pair[];
}

/**
 * How b differs from a: overall, by category and by number of objects; the paired test clusters by image, and its p-values
 * for the slices are also given corrected for their number (Holm).
 */
export function diffTable(title: string, pairs: readonly Pair[], told: Side, seed: number): Table {
  const slices = [
    ...slicesBy(pairs, 'category', pair => pair[told].category),
    ...slicesBy(pairs, 'objects', pair => String(pair[told].labels.objects ?? '')),
  ];
  const [overall, ...rest] = [{ name: 'all', pairs }, ...slices].map(slice => rowOf(slice, told, seed));
  const tested = rest.filter(row => row.p !== null);
  const corrected = holm(tested.map(row => row.p as number));
  tested.forEach((row, i) => {
    row.pHolm = corrected[i]!;
  });
  return {
    name: 'diff',
    title,
    columns: [
      { key: 'slice', label: 'Questions' },
      { key: 'n', label: 'n' },
      { key: 'images', label: 'Images' },
      { key: 'a', label: 'A', format: { decimals: 2 } },
      { key: 'b', label: 'B', format: { decimals: 2 } },
      { key: 'difference', label: 'B − A', format: { decimals: 2, signed: true } },
      { key: 'low', label: '95% from', format: { decimals: 2, signed: true } },
      { key: 'high', label: 'to', format: { decimals: 2, signed: true } },
      { key: 'p', label: 'p' },
      { key: 'pHolm', label: 'p (Holm)' },
      { key: 'toWrong', label: 'right→wrong' },
      { key: 'toRight', label: 'wrong→right' },
      { key: 'changed', label: 'changed, equal score' },
    ],
    rows: [overall!, ...rest],
  };
}

/** The questions whose answer differs, those whose score does first. */
export function changedQuestions(title: string, pairs: readonly Pair[], told: Side): Table {
  const order: readonly Change[] = ['right→wrong', 'wrong→right', 'changed, equal score'];
  const changed = order.flatMap(change => pairs.filter(pair => changeOf(pair) === change));
  return {
    name: 'diff-questions',
    title,
    columns: [
      { key: 'change', label: 'Change' },
      { key: 'id', label: 'Id', format: 'text' },
      { key: 'image', label: 'Image', format: 'text' },
      { key: 'category', label: 'Category', format: 'text' },
      { key: 'question', label: 'Question', format: 'text' },
      { key: 'target', label: 'Target', format: 'text' },
      { key: 'a', label: 'A', format: 'text' },
      { key: 'b', label: 'B', format: 'text' },
    ],
    rows: changed.map(pair => {
      const { id, image, category, question, targets } = pair[told];
      return {
        ...{ change: changeOf(pair), id, image, category, question },
        ...{ target: targets.join(' | '), a: pair.a.output, b: pair.b.output },
      };
    }),
  };
}

function slicesBy(pairs: readonly Pair[], label: string, key: (pair: Pair) => string): Slice[] {
  const values = [...new Set(pairs.map(key))].filter(value => value !== '').sort();
  // One slice would be all questions again.
  if (values.length < 2) return [];
  return values.map(value => ({
    name: `${label} ${value}`,
    pairs: pairs.filter(pair => key(pair) === value),
  }));
}

/** Questions whose score is not known (hidden answers) count as changed or not, and nowhere else. */
function rowOf({ name, pairs }: Slice, told: Side, seed: number): Record<string, Row[string]> {
  const scored = pairs.filter(({ a, b }) => !Number.isNaN(a.score - b.score));
  const [a, b] = [scored.map(pair => pair.a.score), scored.map(pair => pair.b.score)];
  const images = scored.map(pair => pair[told].image);
  const test = scored.length > 0 ? pairedClusterTest(b, a, images, { seed }) : undefined;
  const count = (change: Change) => pairs.filter(pair => changeOf(pair) === change).length;
  return {
    slice: name,
    n: pairs.length,
    images: new Set(pairs.map(pair => pair[told].image)).size,
    a: percent(a),
    b: percent(b),
    difference: test ? 100 * test.difference : null,
    low: test ? 100 * test.low : null,
    high: test ? 100 * test.high : null,
    p: test ? test.p : null,
    pHolm: null,
    toWrong: count('right→wrong'),
    toRight: count('wrong→right'),
    changed: count('changed, equal score'),
  };
}

const percent = (scores: readonly number[]): number | null =>
  scores.length === 0 ? null : (100 * scores.reduce((sum, score) => sum + score, 0)) / scores.length;

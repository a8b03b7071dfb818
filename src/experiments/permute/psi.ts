import { clusteredStatistic, pAgainst } from '../../metrics/clustered.js';
import type { Chart } from '../../records/figure.js';
import type { RunResult } from '../../records/result.js';
import type { Column, Row, Table } from '../../records/table.js';
import type { Verdict } from '../../records/verdict.js';
import { type Dot, dots } from '../charts/index.js';
import { decideAll, type Evidence } from '../decide.js';
import { isKnown, suitesOf } from '../estimates.js';
import type { ConditionScores } from '../scores.js';
import { counterpart, paperNumber } from '../variants.js';
import type { PermutationScores } from './conditions.js';

/** Scores in the tokens' own and in permuted order, on the same questions. */
type InTwoOrders = Pick<PermutationScores, 'original' | 'permuted'>;

/** A benchmark's results, read. */
type Read = PermutationScores;

/**
 * The Position Sensitivity Index of the paper's second version (arXiv 2503.17349v2): what a random order costs of the accuracy,
 * 100 · (original − permuted) / original, in per cent, with its interval clustered by image (`clusteredStatistic`: a ratio of sums).
 * NaN where the original accuracy is 0, and where answers are not published.
 */
export function psiOf({ original, permuted }: InTwoOrders) {
  return clusteredStatistic(
    [original.scores, permuted.scores],
    original.images,
    ([inOrder, inAnother]) => (100 * (inOrder! - inAnother!)) / inOrder!,
  );
}

/** How much larger one model's index is than another's on the same questions, in points of the index. */
function psiDifference(ours: InTwoOrders, theirs: InTwoOrders) {
  return clusteredStatistic(
    [ours, theirs].flatMap(({ original, permuted }) => [original.scores, permuted.scores]),
    ours.original.images,
    ([own, ownPermuted, other, otherPermuted]) =>
      100 * ((own! - ownPermuted!) / own! - (other! - otherPermuted!) / other!),
  );
}

/** The index by benchmark and variant, and what the paper's Table 1 gives where its accuracies are put in. */
export function psiTable(tests: readonly Read[]): Table {
  const models = [...new Set(tests.map(({ result }) => result.model))];
  const datasets = [...new Set(tests.map(({ result }) => result.benchmark.title))];
  const decimals = { format: { decimals: 2 } } as const;
  const keyOf = (model: string) => `psi ${model}`;
  const rows = datasets.map((dataset): Row => {
    const here = tests.filter(({ result }) => result.benchmark.title === dataset);
    const values = here.map(test => [keyOf(test.result.model), finite(psiOf(test).value)]);
    return { dataset, ...Object.fromEntries(values), paper: paperPsi(here[0]!.result) };
  });
  const behind = tests.map((test): Row => {
    const { value, low, high, n, clusters } = psiOf(test);
    return {
      dataset: test.result.benchmark.title,
      model: test.result.model,
      ...{ psi: finite(value), low: finite(low), high: finite(high), n, images: clusters },
      paper: test.result.variant === 'baseline' ? paperPsi(test.result) : null,
    };
  });
  const dataset: Column = { key: 'dataset', label: 'Dataset' };
  const paper: Column = { key: 'paper', label: 'Paper, from Table 1', ...decimals };
  return {
    name: 'psi',
    title: `Position Sensitivity Index (%): what a random order costs of the accuracy, suite ${suitesOf(tests.map(({ result }) => result))}`,
    columns: [dataset, ...models.map(model => ({ key: keyOf(model), label: model, ...decimals })), paper],
    rows,
    shown: {
      columns: [
        dataset,
        { key: 'model', label: 'Model' },
        { key: 'psi', label: 'PSI', ...decimals },
        { key: 'low', label: '95% from', ...decimals },
        { key: 'high', label: 'to', ...decimals },
        { key: 'n', label: 'Questions' },
        { key: 'images', label: 'Images' },
        paper,
      ],
      rows: behind,
    },
  };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** Reckoned from the accuracies that the paper prints; null where it prints none. */
function paperPsi({ benchmark, trainingSeed }: RunResult): number | null {
  const [original, permuted] = ['original', 'permuted'].map(column =>
    paperNumber('table1', benchmark.name, column, { trainingSeed }),
  );
  return original === undefined || permuted === undefined ? null : (100 * (original - permuted)) / original;
}

/** The index of every model on every benchmark, with its interval; none where no model is ever right. */
export function psiCharts(tests: readonly Read[]): Chart[] {
  const rows = tests.flatMap((test): Dot[] => {
    const { value, low, high } = psiOf(test);
    const { benchmark, model } = test.result;
    return Number.isFinite(value) ? [{ category: benchmark.title, series: model, value, low, high }] : [];
  });
  if (rows.length === 0) return [];
  const chart = dots({
    name: 'psi',
    title: `Position Sensitivity Index, suite ${tests[0]!.result.suite}`,
    caption:
      'What a random order of the vision tokens costs of the accuracy, in per cent of it; bars: 95% intervals, clustered by image. A model that is blind to a benchmark’s images has an index of 0 there.',
    x: { title: 'Position Sensitivity Index (%)' },
    rows,
  });
  return [chart];
}

/** Claim 9: + Normalize has a larger index than the baseline, and a larger one than + Normalize + Multilayer, on every benchmark. */
export function psiVerdicts(tests: readonly Read[]): readonly Verdict[] {
  const results = tests.map(({ result }) => result);
  const scoresOf = (result: RunResult) => tests.find(test => test.result === result)!;
  const evidence = tests.flatMap((ours): Evidence[] => {
    const { result } = ours;
    if (result.variant !== 'normalize') return [];
    return (['baseline', 'multilayer'] as const).flatMap(variant => {
      const other = counterpart(results, result, variant);
      if (!other || !sameQuestions(ours.original, scoresOf(other).original)) return [];
      const difference = psiDifference(ours, scoresOf(other));
      const { value, low, high, clusters } = difference;
      return [
        {
          ...{ of: result, claim: 9, about: `${result.benchmark.title}, ${result.benchmark.split}` },
          statistic: `Position Sensitivity Index above that of ${other.model}, points`,
          ...{ value, low, high, p: pAgainst(difference, 0), images: clusters, claimed: { above: 0 } },
          detail: `over ${clusters} images`,
        },
      ];
    });
  });
  return decideAll(evidence);
}

const sameQuestions = (a: ConditionScores, b: ConditionScores): boolean =>
  isKnown(a) && isKnown(b) && a.ids.join('\n') === b.ids.join('\n');

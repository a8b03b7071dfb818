import { detectable } from '../../metrics/power.js';
import type { Chart } from '../../records/figure.js';
import type { RunResult } from '../../records/result.js';
import type { Verdict } from '../../records/verdict.js';
import { type Dot, dots, type Floor } from '../charts/index.js';
import { blindness, decideAll, type Evidence, pInWords } from '../decide.js';
import { accuracyOf, differenceFrom, differenceOf, isKnown, spreadOf } from '../estimates.js';
import { type ConditionScores, percent } from '../scores.js';
import { paperNumber } from '../variants.js';
import type { PermutationScores } from './conditions.js';

/** The largest loss that the paper reports (Table 1, GQA), in points: what it calls small. */
const SMALL_LOSS = 2.74;

/** What the permutation test says of claim 1 (insight 1, §3.1): one verdict a model and benchmark. */
export const permutationVerdicts = (tests: readonly PermutationScores[]): readonly Verdict[] =>
  decideAll(tests.filter(({ original }) => isKnown(original)).map(evidence));

function evidence({ result, permuted, ...sight }: PermutationScores): Evidence {
  const { original } = sight;
  const { benchmark, seed } = result;
  // Original less permuted: what is lost.
  const loss = differenceFrom(original, permuted, seed, SMALL_LOSS);
  const { p } = differenceOf(original, permuted, seed);
  const shown = 100 * detectable(spreadOf(original, permuted));
  return {
    of: result,
    claim: 1,
    about: `${benchmark.title}, ${benchmark.split}`,
    control: result.variant !== 'baseline',
    statistic: 'accuracy lost by permutation, points',
    ...loss,
    claimed: { atMost: SMALL_LOSS },
    detail: `${pInWords(p)} against no loss at all, paired cluster permutation test over ${loss.images} images, which would show a loss of ${shown.toFixed(2)} points 8 times in 10`,
    but: blindness(sight, seed, SMALL_LOSS, 'that it loses little by a new order says little'),
  };
}

/** Table 1 as a chart: each benchmark from original to permuted order, beside what needs no image; one panel a model. */
export function permutationChart(tests: readonly PermutationScores[]): Chart {
  const models = [...new Set(tests.map(({ result }) => result.model))];
  const [first] = tests;
  const panelOf = ({ model }: RunResult) => (models.length > 1 ? { panel: model } : {});
  const rows = tests.flatMap(({ result, original, permuted }): Dot[] => {
    const row = { category: result.benchmark.title, ...panelOf(result) };
    return [
      { ...row, series: 'original order', ...estimate(original) },
      { ...row, series: 'permuted', ...estimate(permuted) },
    ];
  });
  const ghosts = tests.flatMap(({ result }): Dot[] => {
    const { variant, benchmark } = result;
    if (variant !== 'baseline') return [];
    return [
      { series: 'original order', column: 'original' },
      { series: 'permuted', column: 'permuted' },
    ].flatMap(({ series, column }) => {
      const value = paperNumber('table1', benchmark.name, column, result);
      return value === undefined ? [] : [{ category: benchmark.title, ...panelOf(result), series, value }];
    });
  });
  const floors = tests.flatMap(({ result, blank, textOnly }): Floor[] => {
    const row = { category: result.benchmark.title, ...panelOf(result) };
    return [
      { ...row, value: percent(textOnly.scores), label: 'text only' },
      { ...row, value: percent(blank.scores), label: 'blank image' },
    ];
  });
  const grey =
    ghosts.length > 0
      ? " Grey marks: the paper's Table 1, another model on other images, for reference alone."
      : '';
  return dots({
    name: 'permutation',
    title: `Accuracy with vision tokens in their own and in random order, suite ${first!.result.suite}`,
    caption: `${models.join(', ')}; bars: 95% intervals, clustered by image. Upright marks: the same questions with no image and with a blank one; a model that scores no more than these is blind to the images, and its order test says nothing.${grey}`,
    x: { title: 'Accuracy (%)' },
    columns: 2,
    joined: true,
    rows,
    ghosts,
    floors: floors.filter(({ value }) => !Number.isNaN(value)),
  });
}

function estimate(scores: ConditionScores) {
  const { accuracy, low, high } = accuracyOf(scores);
  return { value: accuracy, low, high };
}

import type { Chart } from '../../records/figure.js';
import type { RunResult } from '../../records/result.js';
import { type Dot, dots, type Floor } from '../charts/index.js';
import { accuracyOf } from '../estimates.js';
import { type ConditionScores, percent } from '../scores.js';
import { paperNumber } from '../variants.js';
import type { PermutationScores } from './conditions.js';

/** Table 1 as a chart: each benchmark from original to permuted order, beside what needs no image; one panel a model. */
export function permutationChart(tests: readonly PermutationScores[]): Chart {
  const models = [...new Set(tests.map(({ result }) => result.model))];
  const [first] = tests;
  const panelOf = ({ model }: RunResult) => (models.length > 1 ? { panel: model } : {});
  const rows = tests.flatMap(({ result, original, permuted }): Dot[] => {
    const row = { category: result.benchmark.title, ...panelOf(result) };
    return [
      { ...row, series: 'original order', ...estimate(original, result.seed) },
      { ...row, series: 'permuted', ...estimate(permuted, result.seed) },
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

function estimate(scores: ConditionScores, seed: number) {
  const { accuracy, low, high } = accuracyOf(scores, seed);
  return { value: accuracy, low, high };
}

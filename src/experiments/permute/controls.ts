import { knockOut, parseLayers } from '../../interventions/knock-out.js';
import { checkOrder, permute as permuteTokens } from '../../interventions/permute.js';
import { gridPositions, onePosition, permutePositions } from '../../interventions/position-ids.js';
import type { RunResult } from '../../records/result.js';
import type { Row, Table } from '../../records/table.js';
import type { Condition } from '../condition.js';
import { accuracyOf, differenceOf, ESTIMATE_COLUMNS, NO_DIFFERENCE, suitesOf } from '../estimates.js';
import { type ConditionScores, conditionsOfKinds, named, scoresOf, scoresUnder } from '../scores.js';
import type { ModelTraits } from '../types.js';
import { type PermutationTest, readConditions } from './conditions.js';

/** Changes of order beside the test's own, each with what it is in words. */
const ORDERS: readonly { readonly condition: Condition; readonly words: string }[] = [
  {
    condition: { name: 'position-ids', image: true, interventions: [permutePositions()] },
    words: 'position ids alone',
  },
  {
    condition: { name: 'one-position', image: true, interventions: [onePosition()] },
    words: 'one position id for all vision tokens',
  },
  {
    condition: { name: 'grid-positions', image: true, interventions: [gridPositions()] },
    words: 'row and column as position ids',
  },
  {
    condition: { name: 'within-rows', image: true, interventions: [permuteTokens('within-rows')] },
    words: 'order within each row',
  },
  {
    condition: { name: 'within-columns', image: true, interventions: [permuteTokens('within-columns')] },
    words: 'order within each column',
  },
  {
    condition: { name: 'except-sinks', image: true, interventions: [permuteTokens('except-sinks')] },
    words: 'order of all tokens but those of extreme norm',
  },
];

/** Conditions beside the permutation test's own; UsageError on layers that the model has not. */
export function controlConditions(
  wanted: boolean,
  layers: readonly string[] | undefined,
  model: ModelTraits,
): Condition[] {
  if (wanted) checkOrder('within-rows', model.visionTokens);
  const ranges = layers ?? (wanted ? allAndHalves(model.layers) : []);
  const cut = ranges.map((text): Condition => {
    const range = parseLayers(text, model.layers);
    return { name: `knock-out-${range.first}-${range.last}`, image: true, interventions: [knockOut(range)] };
  });
  const byName = new Map(cut.map(condition => [condition.name, condition]));
  return [...(wanted ? ORDERS.map(({ condition }) => condition) : []), ...byName.values()];
}

function allAndHalves(layers: number): string[] {
  const half = Math.floor(layers / 2);
  return half === 0 ? ['1'] : [`1-${layers}`, `1-${half}`, `${half + 1}-${layers}`];
}

/** One line a control, between what the permutation test compares and the blind scores; none where no control was asked. */
export function controlTable(results: readonly RunResult[], test: PermutationTest): Table[] {
  const rows = results.flatMap(result => {
    const controls = controlsOf(result);
    if (controls.length === 0) return [];
    const { original, permuted, blank, textOnly } = readConditions(result, test);
    const line = (control: string, scores: ConditionScores): Row => {
      const { accuracy, low, high } = accuracyOf(scores);
      const against = scores === original ? NO_DIFFERENCE : differenceOf(scores, original, result.seed);
      const { model, benchmark } = result;
      return { model, dataset: benchmark.title, control, accuracy, low, high, ...against };
    };
    return [
      line('nothing', original),
      line(`order of ${test.seeds > 1 ? `the tokens, mean of ${test.seeds} draws` : 'the tokens'}`, permuted),
      ...controls.map(([control, scores]) => line(control, scores)),
      line('image blank', blank),
      line('no image', textOnly),
    ];
  });
  if (rows.length === 0) return [];
  return [
    {
      name: 'table1-controls',
      title: `What of the order matters, accuracy (%) against the tokens' own order, suite ${suitesOf(results)}`,
      columns: [
        { key: 'model', label: 'Model' },
        { key: 'dataset', label: 'Dataset' },
        { key: 'control', label: 'What is changed' },
        ...ESTIMATE_COLUMNS,
      ],
      rows,
    },
  ];
}

/** The controls that were asked, in words, with their scores. */
function controlsOf(result: RunResult): [string, ConditionScores][] {
  const orders = ORDERS.map(({ condition, words }) => [words, scoresUnder(result, condition)] as const);
  const cut = conditionsOfKinds(result, 'knock-out').map(({ name, params: { first, last } }) => {
    const layers = first === last ? `layer ${first}` : `layers ${first}–${last}`;
    return [`no attention to vision, ${layers}`, scoresOf(named(result.predictions, name))] as const;
  });
  return [...orders, ...cut]
    .filter(([, { ids }]) => ids.length > 0)
    .map(([words, scores]) => [words, scores]);
}

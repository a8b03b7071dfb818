import { knockOut, parseLayers } from '../../interventions/knock-out.js';
import { checkOrder, permute } from '../../interventions/permute.js';
import { permutePositions } from '../../interventions/position-ids.js';
import { conditionsOf } from '../../records/prediction.js';
import type { Row, Table } from '../../records/table.js';
import type { Condition } from '../condition.js';
import { blankImageCondition, textOnlyCondition } from '../controls.js';
import { accuracyOf, differenceOf, ESTIMATE_COLUMNS, NO_DIFFERENCE, suitesOf } from '../estimates.js';
import { type ConditionScores, scoresOf } from '../scores.js';
import type { ModelTraits, RunResult } from '../types.js';
import { readConditions } from './scores.js';

const POSITIONS = 'position-ids';
const WITHIN_ROWS = 'within-rows';
const WITHIN_COLUMNS = 'within-columns';
const KNOCK_OUT = /^knock-out-(\d+)-(\d+)$/;

/** Conditions beside the permutation test's own; UsageError on layers that the model has not. */
export function controlConditions(
  wanted: boolean,
  layers: readonly string[] | undefined,
  model: ModelTraits,
): Condition[] {
  if (wanted) checkOrder(WITHIN_ROWS, model.visionTokens);
  const orders: Condition[] = [
    { name: POSITIONS, image: true, interventions: [permutePositions(0)] },
    { name: WITHIN_ROWS, image: true, interventions: [permute('within-rows', 0)] },
    { name: WITHIN_COLUMNS, image: true, interventions: [permute('within-columns', 0)] },
  ];
  const ranges = layers ?? (wanted ? allAndHalves(model.layers) : []);
  const cut = ranges.map((text): Condition => {
    const range = parseLayers(text, model.layers);
    return { name: `knock-out-${range.first}-${range.last}`, image: true, interventions: [knockOut(range)] };
  });
  const byName = new Map(cut.map(condition => [condition.name, condition]));
  return [...(wanted ? orders : []), ...byName.values()];
}

function allAndHalves(layers: number): string[] {
  const half = Math.floor(layers / 2);
  return half === 0 ? ['1'] : [`1-${layers}`, `1-${half}`, `${half + 1}-${layers}`];
}

/** One line a control, between what the permutation test compares and the blind scores; none where no control was asked. */
export function controlTable(results: readonly RunResult[], seeds: number): Table[] {
  const rows = results.flatMap(result => {
    const controls = controlsOf(result);
    if (controls.length === 0) return [];
    const { original, permuted, blank, textOnly } = readConditions(result, seeds);
    const line = (control: string, scores: ConditionScores): Row => {
      const { accuracy, low, high } = accuracyOf(scores, result.seed);
      const against = scores === original ? NO_DIFFERENCE : differenceOf(scores, original, result.seed);
      const { model, benchmark } = result;
      return { model, dataset: benchmark.title, control, accuracy, low, high, ...against };
    };
    return [
      line('nothing', original),
      line(`order of ${seeds > 1 ? `the tokens, mean of ${seeds} draws` : 'the tokens'}`, permuted),
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

/** The controls that were asked, in the order asked, in words. */
function controlsOf({ predictions }: RunResult): [string, ConditionScores][] {
  const names = conditionsOf(predictions);
  const own = new Set([blankImageCondition.name, textOnlyCondition.name]);
  return names.flatMap(name => {
    const words = own.has(name) ? undefined : wordsOf(name);
    return words === undefined ? [] : [[words, scoresOf(predictions, name)] as [string, ConditionScores]];
  });
}

function wordsOf(name: string): string | undefined {
  if (name === POSITIONS) return 'position ids alone';
  if (name === WITHIN_ROWS) return 'order within each row';
  if (name === WITHIN_COLUMNS) return 'order within each column';
  const [, first, last] = KNOCK_OUT.exec(name) ?? [];
  if (first === undefined) return undefined;
  return `no attention to vision, ${first === last ? `layer ${first}` : `layers ${first}–${last}`}`;
}

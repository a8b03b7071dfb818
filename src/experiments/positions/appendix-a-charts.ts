import type { Figure } from '../../records/figure.js';
import { heatmapGrid, type LinePoint, lineWithIntervals } from '../charts/index.js';
import { suitesOf } from '../estimates.js';
import { headMeans } from './appendix-a-tables.js';
import { FACTOR } from './claim4.js';
import { has, type PositionResult, shapeOf } from './estimates.js';
import { QUANTITIES } from './quantities.js';

/**
 * The figures of Appendix A: balance of norms, the factor by layer, norms of hidden states; none without results.
 */
export function positionsFigures(results: readonly PositionResult[]): Figure[] {
  if (results.length === 0) return [];
  const newer = results.filter(result => has(result, 'turnVision'));
  return [
    balanceChart(results),
    factorChart(results),
    hiddenChart(results),
    ...(newer.length > 0 ? [turnChart(newer), phaseChart(newer)] : []),
  ];
}

const CLUSTERED = 'Bars: 95% intervals, clustered by image.';

function balanceChart(results: readonly PositionResult[]): Figure {
  return heatmapGrid({
    name: 'positions-balance',
    title: `Cross-modality balance by layer and head, suite ${suitesOf(results)}`,
    caption: `Attention of decoding steps to vision, of that to vision and user text together (${datasetsOf(results)}). Above 0.5 a head looks at the image more than at the question.`,
    x: 'Head',
    y: 'Layer',
    colour: 'Vision share',
    middle: 0.5,
    domain: [0, 1],
    rows: results.flatMap(result => {
      const { heads } = shapeOf(result);
      return headMeans(result, 'visionShare').map((value, at) => ({
        ...panelOf(result, results),
        row: Math.floor(at / heads) + 1,
        column: (at % heads) + 1,
        value,
      }));
    }),
  });
}

/** The factor M of Appendix A, layer by layer; the range it assumes in grey. */
function factorChart(results: readonly PositionResult[]): Figure {
  const ghosts = results.flatMap(result =>
    FACTOR.flatMap(value => {
      const layers = [1, shapeOf(result).layers];
      return layers.map(x => ({ ...panelOf(result, results), series: `M = ${value}`, x, value }));
    }),
  );
  return lineWithIntervals({
    name: 'positions-factor',
    title: `Norms of queries and keys, vision over text, suite ${suitesOf(results)}`,
    caption: `Ratio of median norms in every layer (${datasetsOf(results)}). ${CLUSTERED} Grey: the range that Appendix A assumes, 10 to 100.`,
    x: layerAxis(results, 1),
    y: { title: 'Vision / text (M)', log: true },
    rows: linesOf(results, [
      ['queryRatio', 'queries'],
      ['keyRatio', 'keys'],
    ]),
    ghosts,
  });
}

function hiddenChart(results: readonly PositionResult[]): Figure {
  return lineWithIntervals({
    name: 'positions-hidden',
    title: `Norms of hidden states by layer, suite ${suitesOf(results)}`,
    caption: `Mean L2 norm of the input embeddings (layer 0) and of each layer's output (${datasetsOf(results)}). ${CLUSTERED}`,
    x: layerAxis(results, 0),
    y: { title: 'L2 norm', log: true },
    rows: linesOf(results, [
      ['hiddenVision', 'vision'],
      ['hiddenUserText', 'user text'],
      ['hiddenSystem', 'system prompt'],
    ]),
  });
}

function turnChart(results: readonly PositionResult[]): Figure {
  return lineWithIntervals({
    name: 'positions-turn',
    title: `How slowly hidden states turn, suite ${suitesOf(results)}`,
    caption: `Mean cosine of a token's hidden state before and after each layer (${datasetsOf(results)}): at 1 it keeps its direction. ${CLUSTERED}`,
    x: layerAxis(results, 1),
    y: { title: 'cos(before, after)' },
    rows: linesOf(results, [
      ['turnVision', 'vision'],
      ['turnUserText', 'user text'],
    ]),
  });
}

function phaseChart(results: readonly PositionResult[]): Figure {
  return lineWithIntervals({
    name: 'positions-phase',
    title: `What a step in phase can turn, suite ${suitesOf(results)}`,
    caption: `By layer (${datasetsOf(results)}): how far hidden states turn where the layer's vision keys are turned by one step, ‖Δu‖, beside what attention adds over what comes in, ‖attention output‖ / ‖residual‖. ${CLUSTERED}`,
    x: layerAxis(results, 1),
    y: { title: 'Ratio', log: true },
    rows: linesOf(results, [
      ['phaseVision', '‖Δu‖, vision'],
      ['phaseUserText', '‖Δu‖, user text'],
      ['outputVision', 'output / residual, vision'],
      ['outputUserText', 'output / residual, user text'],
    ]),
  });
}

/** One line a quantity, for the results that have it. */
function linesOf(
  results: readonly PositionResult[],
  lines: readonly (readonly [keyof typeof QUANTITIES, string])[],
): LinePoint[] {
  return results.flatMap(result =>
    lines.flatMap(([name, series]) => {
      const { from, of, needs } = QUANTITIES[name];
      if (!has(result, needs)) return [];
      const { layers } = shapeOf(result);
      return Array.from({ length: layers + 1 - from }, (_, i) => ({
        ...panelOf(result, results),
        series,
        x: from + i,
        ...pick(of(result, from + i)),
      }));
    }),
  );
}

const pick = ({ value, low, high }: { value: number; low: number; high: number }) => ({ value, low, high });

/** A tick a layer while they are few. */
function layerAxis(results: readonly PositionResult[], from: 0 | 1) {
  const most = Math.max(...results.map(result => shapeOf(result).layers));
  const every = Math.ceil(most / 8);
  const ticks = Array.from({ length: Math.floor((most - from) / every) + 1 }, (_, i) => from + i * every);
  return { title: 'Layer', ticks };
}

const datasetsOf = (results: readonly PositionResult[]): string =>
  [...new Set(results.map(r => `${r.benchmark.title}, ${r.benchmark.split}`))].join('; ');

/** The model names a panel, with the dataset where there are several. */
function panelOf({ model, benchmark }: PositionResult, results: readonly PositionResult[]) {
  const several = new Set(results.map(r => r.benchmark.title)).size > 1;
  return { panel: several ? `${model}, ${benchmark.title}` : model };
}

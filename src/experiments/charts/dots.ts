import type { Chart } from '../../records/figure.js';
import {
  type Axis,
  along,
  bySeries,
  type ChartOptions,
  chart,
  distinct,
  type Estimate,
  ghostLook,
  intervalLayers,
  layer,
  layersFor,
  ourRows,
} from './parts.js';

export interface Dot extends Estimate {
  readonly series: string;
  readonly category: string;
}

/** A mark across a category's series, e.g. its chance floor. */
export interface Floor {
  readonly category: string;
  readonly value: number;
  /** As the legend names it. */
  readonly label: string;
  readonly panel?: string;
}

/**
 * Categories from top to bottom, one dot with its interval for each series; `joined` draws a line from the first series'
 * dot to the last's. `floors` are upright ticks, `ghosts` (the paper's numbers) light grey marks beside ours.
 */
export function dots(
  options: ChartOptions & {
    readonly x: Axis;
    readonly rows: readonly Dot[];
    readonly ghosts?: readonly Dot[];
    readonly floors?: readonly Floor[];
    readonly joined?: boolean;
  },
): Chart {
  const { x, rows, ghosts = [], floors = [], joined = false } = options;
  const series = distinct(rows.map(r => r.series));
  const categories = distinct(rows.map(r => r.category));
  const value = along('value', x);
  const category = { field: 'category', type: 'nominal', title: null, sort: categories, axis: NO_LINE };
  const look = bySeries(series);
  const offset = { field: 'series', type: 'nominal', scale: { domain: series } };
  const position = { x: value, y: { ...category, scale: BANDS }, yOffset: offset };
  const acrossBand = {
    x: value,
    y: { ...category, bandPosition: 0 },
    y2: { field: 'category', bandPosition: 1 },
    strokeDash: {
      field: 'label',
      type: 'nominal',
      title: null,
      scale: { domain: distinct(floors.map(f => f.label)) },
    },
  };
  const data = [
    ...ourRows(rows),
    ...ghosts.map(row => ({ kind: 'paper' as const, ...row })),
    ...floors.map(row => ({ kind: 'floor' as const, ...row })),
  ];
  const height = categories.length * Math.max(24, 12 * series.length + 10);
  return chart(options, { width: 260, height }, data, [
    ...layersFor(floors, [layer('floor', { type: 'rule', style: 'floor' }, acrossBand)]),
    ...layersFor(ghosts, [
      layer('paper', { type: 'point', style: 'ghost-mark' }, { ...position, ...ghostLook, shape: look }),
    ]),
    ...layersFor(joined ? rows : [], [
      layer('ours', { type: 'line', style: 'join' }, { ...position, detail: { field: 'category' } }),
    ]),
    ...intervalLayers(rows, 'x', { ...position, color: look }),
    layer('ours', 'point', { ...position, color: look, shape: look }),
  ]);
}

const NO_LINE = { ticks: false, domain: false };
/** Air between categories. */
const BANDS = { type: 'band', paddingInner: 0.35, paddingOuter: 0.2 };

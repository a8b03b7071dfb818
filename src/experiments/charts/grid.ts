import type { Chart } from '../../records/figure.js';
import { type ChartOptions, chart, distinct } from './parts.js';

/** A cell of a grid, e.g. one head of one layer. */
export interface GridCell {
  readonly column: number;
  /** A number, or a name; names stand in the order in which they first come. */
  readonly row: number | string;
  readonly value: number;
  readonly panel?: string;
}

/** Side of a cell, pixels. */
const CELL = 12;

/** A grid of values as colours, rows from top to bottom; with `middle` the colours part there into two directions. */
export function heatmapGrid(
  options: ChartOptions & {
    /** What columns and rows are. */
    readonly x: string;
    readonly y: string;
    /** What the colours mean, with the unit in brackets. */
    readonly colour: string;
    readonly middle?: number;
    readonly domain?: readonly [number, number];
    readonly rows: readonly GridCell[];
  },
): Chart {
  const { x, y, colour, middle, domain, rows } = options;
  const scale = {
    range: middle === undefined ? 'heatmap' : 'diverging',
    ...(middle !== undefined && { domainMid: middle }),
    ...(domain && { domain }),
  };
  const size = {
    width: CELL * distinct(rows.map(r => r.column)).length,
    height: CELL * distinct(rows.map(r => r.row)).length,
  };
  const side = { type: 'ordinal', axis: { labelOverlap: true, domain: false, ticks: false, labelAngle: 0 } };
  return chart(
    options,
    size,
    rows.map(row => ({ kind: 'ours', ...row })),
    [
      {
        mark: 'rect',
        encoding: {
          x: { field: 'column', title: x, ...side },
          y: { field: 'row', title: y, ...side, sort: distinct(rows.map(r => r.row)) },
          color: { field: 'value', type: 'quantitative', title: colour, scale },
        },
      },
    ],
  );
}

import type { Chart } from '../../metrics/figure.js';
import {
  type Axis,
  along,
  bySeries,
  type ChartOptions,
  chart,
  distinct,
  type Estimate,
  ghostLook,
  intervalLayer,
  layer,
  layersFor,
  ourRows,
} from './parts.js';

export interface LinePoint extends Estimate {
  readonly series: string;
  readonly x: number;
}

/** Lines with their intervals as bars, one line a series; `ghosts` (the paper's numbers) in light grey. */
export function lineWithIntervals(
  options: ChartOptions & {
    readonly x: Axis;
    readonly y: Axis;
    readonly rows: readonly LinePoint[];
    readonly ghosts?: readonly LinePoint[];
  },
): Chart {
  const { x, y, rows, ghosts = [] } = options;
  const series = distinct(rows.map(r => r.series));
  const drawnAt = dodger(x, rows, series);
  const position = { x: along('drawnAt', x), y: along('value', y) };
  const look = bySeries(series);
  // Under another field's name, so that the legend's symbols are not dashed.
  const dash = { ...look, field: 'dash', legend: null };
  const ghost = { ...position, ...ghostLook };
  const data = [
    ...ourRows(rows.map(row => ({ ...row, dash: row.series, drawnAt: drawnAt(row) }))),
    ...ghosts.map(row => ({ kind: 'paper' as const, ...row, drawnAt: row.x })),
  ];
  return chart(options, { width: 300, height: 200 }, data, [
    ...layersFor(ghosts, [
      layer('paper', { type: 'point', style: 'ghost-mark' }, { ...ghost, shape: look }),
      layer('paper', { type: 'line', style: 'ghost-line' }, { ...ghost, detail: { field: 'series' } }),
    ]),
    layer('ours', 'line', { ...position, color: look, strokeDash: dash }),
    intervalLayer('y', { ...position, color: look }),
    layer('ours', 'point', { ...position, color: look, shape: look }),
  ]);
}

/** Moves the series a little apart along x, so that their intervals do not hide one another. */
function dodger({ log = false }: Axis, rows: readonly LinePoint[], series: readonly string[]) {
  const to = log ? Math.log10 : (x: number) => x;
  const all = rows.map(r => to(r.x));
  const step = 0.014 * (Math.max(...all) - Math.min(...all));
  return (row: LinePoint): number => {
    const moved = to(row.x) + step * (series.indexOf(row.series) - (series.length - 1) / 2);
    return log ? 10 ** moved : moved;
  };
}

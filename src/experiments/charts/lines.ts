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

export interface LinePoint extends Estimate {
  readonly series: string;
  readonly x: number;
}

/** A value that holds along the whole axis, e.g. the accuracy without an image. */
export interface Level {
  readonly value: number;
  /** Written at its end. */
  readonly label: string;
  readonly panel?: string;
}

/**
 * Lines with their intervals as bars, one line a series; `levels` are dashed rules, `ghosts` (the paper's numbers) light
 * grey.
 */
export function lineWithIntervals(
  options: ChartOptions & {
    readonly x: Axis;
    readonly y: Axis;
    readonly rows: readonly LinePoint[];
    readonly ghosts?: readonly LinePoint[];
    readonly levels?: readonly Level[];
  },
): Chart {
  const { x, y, rows, ghosts = [], levels = [] } = options;
  const series = distinct(rows.map(r => r.series));
  const drawnAt = dodger(x, rows, series);
  const position = { x: along('drawnAt', x), y: along('value', y) };
  const look = bySeries(series);
  // Under another field's name, so that the legend's symbols are not dashed.
  const dash = { ...look, field: 'dash', legend: null };
  const ghost = { ...position, ...ghostLook };
  const [above, below] = (['upper', 'lower'] as const).map(side =>
    levels.filter(row => sideOf(row, levels) === side),
  ) as [Level[], Level[]];
  const data = [
    ...ourRows(rows.map(row => ({ ...row, dash: row.series, drawnAt: drawnAt(row) }))),
    ...ghosts.map(row => ({ kind: 'paper' as const, ...row, drawnAt: row.x })),
    ...levels.map(row => ({ kind: 'floor' as const, ...row, side: sideOf(row, levels) })),
  ];
  return chart(options, { width: 300, height: 200 }, data, [
    ...layersFor(levels, [
      layer('floor', { type: 'rule', style: 'floor', strokeDash: [4, 3] }, { y: position.y }),
    ]),
    ...layersFor(above, [labels(position.y, 'upper', { baseline: 'bottom' })]),
    ...layersFor(below, [labels(position.y, 'lower', { baseline: 'top' })]),
    ...layersFor(ghosts, [
      layer('paper', { type: 'point', style: 'ghost-mark' }, { ...ghost, shape: look }),
      layer('paper', { type: 'line', style: 'ghost-line' }, { ...ghost, detail: { field: 'series' } }),
    ]),
    layer('ours', 'line', { ...position, color: look, strokeDash: dash }),
    ...intervalLayers(rows, 'y', { ...position, color: look }),
    layer('ours', 'point', { ...position, color: look, shape: look }),
  ]);
}

/** Levels are named right of the plot, where no line runs: the highest of a panel above its end, others below theirs. */
const labels = (y: object, side: 'upper' | 'lower', place: object) => ({
  ...layer(
    'floor',
    { type: 'text', fontSize: 9, color: '#555555', align: 'left', dx: 4, ...place },
    { x: { value: 'width' }, y, text: { field: 'label' } },
  ),
  transform: [{ filter: `datum.kind === 'floor' && datum.side === '${side}'` }],
});

const sideOf = (level: Level, levels: readonly Level[]): 'upper' | 'lower' => {
  const beside = levels.filter(({ panel }) => panel === level.panel);
  const highest = beside.reduce((a, b) => (b.value > a.value ? b : a));
  return level === highest ? 'upper' : 'lower';
};

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

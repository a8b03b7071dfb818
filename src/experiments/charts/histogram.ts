import type { Chart } from '../../records/figure.js';
import {
  type Axis,
  along,
  bySeries,
  type ChartOptions,
  chart,
  distinct,
  ghostLook,
  layer,
  layersFor,
} from './parts.js';

/** A bin of a histogram: edges and count, as `metrics/histogram.ts` gives them. */
export interface Bin {
  readonly series: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly panel?: string;
}

/** A stretch of the x axis to bracket in light grey, e.g. the range that the paper reports. */
export interface Range {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

/** Histograms over a log axis, each series scaled to a sum of 100 %; `ghosts` are the ranges that the paper gives. */
export function histogramLog(
  options: ChartOptions & {
    readonly x: Axis;
    readonly rows: readonly Bin[];
    readonly ghosts?: readonly Range[];
  },
): Chart {
  const { x, rows, ghosts = [] } = options;
  const bars = shares(rows);
  const most = Math.max(...bars.map(r => r.share));
  const brackets = distinct(rows.map(r => r.panel)).flatMap(panel =>
    ghosts.map((ghost, i) => ({
      kind: 'paper' as const,
      ...ghost,
      middle: Math.sqrt(ghost.from * ghost.to),
      share: most * (1.1 + 0.16 * i),
      ...(panel !== undefined && { panel }),
    })),
  );
  const ends = [...rows, ...ghosts];
  const ticks = decades(Math.min(...ends.map(e => e.from)), Math.max(...ends.map(e => e.to)));
  const xAxis = { ticks, ...x, log: true };
  const share = along('share', { title: 'Share of tokens (%)' });
  const position = { x: along('from', xAxis), x2: { field: 'to' }, y: share };
  const label = { x: along('middle', xAxis), y: share, text: { field: 'label' } };
  const look = bySeries(distinct(rows.map(r => r.series)));
  return chart(
    options,
    { width: 340, height: 180 },
    [...bars, ...brackets],
    [
      layer('ours', { type: 'bar', style: 'bin' }, { ...position, y2: { datum: 0 }, color: look }),
      ...layersFor(ghosts, [
        layer('paper', { type: 'rule', style: 'ghost-rule' }, { ...position, ...ghostLook }),
        layer('paper', { type: 'text', style: 'ghost-label' }, label),
      ]),
    ],
  );
}

/** Counts as per cent of their series in their panel. */
function shares(rows: readonly Bin[]) {
  const key = (row: Bin) => JSON.stringify([row.panel, row.series]);
  const totals = new Map<string, number>();
  for (const row of rows) totals.set(key(row), (totals.get(key(row)) ?? 0) + row.count);
  return rows.map(row => ({
    kind: 'ours' as const,
    ...row,
    share: (100 * row.count) / totals.get(key(row))!,
  }));
}

/** The powers of ten within a stretch. */
function decades(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9);
  const last = Math.floor(Math.log10(to) + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => 10 ** (first + i));
}

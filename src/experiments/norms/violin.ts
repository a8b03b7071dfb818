import type { Chart } from '../../records/figure.js';
import { type Bin, PAPER_MARKS } from '../charts/index.js';

/** Half the height of a violin's widest place, of a row's height of 1. */
const HALF = 0.42;

/**
 * Violins lying on a log axis, one row a panel and one column a series (of a single panel one row a series): each as wide as
 * its share of values in a bin, the widest place of each the same; `ranges` are marked in grey under their series.
 */
export function violin({
  rows,
  ranges,
  ...about
}: Pick<Chart, 'name' | 'title' | 'caption'> & {
  readonly rows: readonly (Bin & { readonly panel: string })[];
  readonly ranges: readonly { readonly series: string; readonly from: number; readonly to: number }[];
}): Chart {
  const panels = [...new Set(rows.map(row => row.panel))];
  const series = [...new Set(rows.map(row => row.series))];
  const outlines = panels.flatMap(panel =>
    series.flatMap(name => outline(rows.filter(row => row.panel === panel && row.series === name))),
  );
  const marks = panels.flatMap(panel => ranges.map(range => ({ kind: 'paper', panel, y: -0.5, ...range })));
  const x = {
    type: 'quantitative',
    title: 'L2 norm (log scale)',
    scale: { type: 'log' },
    axis: { format: '~g', values: DECADES },
  };
  const y = { type: 'quantitative', title: null, axis: null, scale: { domain: [-0.55, 0.5] } };
  const facet = (field: string, sort: readonly string[]) => ({ field, type: 'nominal', title: null, sort });
  const beside = { labelAngle: 0, labelAlign: 'left' };
  return {
    kind: 'chart',
    ...about,
    spec: {
      data: { values: [...outlines, ...marks] },
      facet:
        panels.length > 1
          ? { row: { ...facet('panel', panels), header: beside }, column: facet('series', series) }
          : { row: { ...facet('series', series), header: beside } },
      spec: {
        width: 300,
        height: 70,
        layer: [
          {
            transform: [{ filter: "datum.kind === 'ours'" }],
            mark: { type: 'area', opacity: 0.75 },
            encoding: {
              x: { ...x, field: 'at' },
              y: { ...y, field: 'low' },
              y2: { field: 'high' },
              color: { field: 'series', type: 'nominal', legend: null, scale: { domain: series } },
            },
          },
          {
            transform: [{ filter: "datum.kind === 'paper'" }],
            mark: { type: 'rule', style: 'ghost-rule' },
            encoding: {
              x: { ...x, field: 'from' },
              x2: { field: 'to' },
              y: { ...y, field: 'y' },
              stroke: { datum: PAPER_MARKS, type: 'nominal', title: null, scale: { range: 'ghost' } },
            },
          },
        ],
      },
    },
  };
}

/** Ticks, as far as the axis reaches. */
const DECADES = Array.from({ length: 10 }, (_, i) => 10 ** (i - 4));

/** Points of one violin, in the middle of each bin, closed at both ends. */
function outline(bins: readonly (Bin & { readonly panel: string })[]) {
  const most = Math.max(...bins.map(({ count }) => count));
  const [first, last] = [bins[0]!, bins.at(-1)!];
  const point = (at: number, count: number) => ({
    kind: 'ours',
    panel: first.panel,
    series: first.series,
    at,
    low: (-HALF * count) / most,
    high: (HALF * count) / most,
  });
  return [
    point(first.from, 0),
    ...bins.map(({ from, to, count }) => point(Math.sqrt(from * to), count)),
    point(last.to, 0),
  ];
}

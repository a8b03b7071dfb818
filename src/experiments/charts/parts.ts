import type { Chart } from '../../records/figure.js';

/** How the legend names marks that show the paper's numbers, which none of our runs made. */
export const PAPER_MARKS = 'paper, LLaVA-1.5 7B';

/** What every chart has beside its rows. */
export interface ChartOptions {
  /** File name without extension. */
  readonly name: string;
  readonly title: string;
  readonly caption: string;
  /** Small multiples in a row, 3; for rows with a `panel`. */
  readonly columns?: number;
  /** Of one panel, pixels; each maker has its own default. */
  readonly width?: number;
  readonly height?: number;
}

/** A value with its 95 % interval; null, NaN or absent where it has none. */
export interface Estimate {
  readonly value: number;
  readonly low?: number | null;
  readonly high?: number | null;
  /** The small multiple it belongs to; all rows of a chart have one or none has. */
  readonly panel?: string;
}

export interface Axis {
  /** With the unit in brackets: `Accuracy (%)`. */
  readonly title: string;
  readonly log?: boolean;
  /** First and last value shown; from the rows unless given. */
  readonly domain?: readonly [number, number];
  /** Where ticks stand. */
  readonly ticks?: readonly number[];
}

/** Rows of all kinds lie in one data set, so that small multiples divide them all; each layer takes its own kind. */
type Kind = 'ours' | 'paper' | 'floor';
type DataRow = { readonly kind: Kind; readonly panel?: string } & Readonly<Record<string, unknown>>;

/** Our estimates as data; bounds that are not known as null, which JSON has. */
export const ourRows = (rows: readonly Estimate[]): DataRow[] =>
  rows.map(row => ({ kind: 'ours', ...row, low: finiteOrNull(row.low), high: finiteOrNull(row.high) }));

const finiteOrNull = (bound: number | null | undefined) => (Number.isFinite(bound) ? bound : null);

/** A layer of the rows of one kind. */
export const layer = (kind: Kind, mark: string | object, encoding: object) => ({
  transform: [{ filter: `datum.kind === '${kind}'` }],
  mark,
  encoding,
});

/** Layers that are there only where they have rows: no legend names what is not shown. */
export const layersFor = <T>(rows: readonly unknown[], layers: readonly T[]): readonly T[] =>
  rows.length > 0 ? layers : [];

/** Intervals as bars along a channel, of the rows that have one. */
export const intervalLayers = (
  rows: readonly Estimate[],
  along: 'x' | 'y',
  encoding: Readonly<Record<string, object>>,
) =>
  layersFor(
    rows.filter(row => Number.isFinite(row.low) && Number.isFinite(row.high)),
    [
      {
        transform: [{ filter: "datum.kind === 'ours' && isValid(datum.low) && isValid(datum.high)" }],
        mark: 'rule',
        encoding: {
          ...encoding,
          [along]: { ...encoding[along], field: 'low' },
          [`${along}2`]: { field: 'high' },
        },
      },
    ],
  );

/** A channel that tells series apart, in the order given. */
export const bySeries = (series: readonly string[]) => ({
  field: 'series',
  type: 'nominal',
  title: null,
  scale: { domain: series },
});

/** The paper's marks have a legend of their own: they use the stroke channel where ours use colour. */
export const ghostLook = {
  stroke: { datum: PAPER_MARKS, type: 'nominal', title: null, scale: { range: 'ghost' } },
};

/** A channel of numbers along an axis. */
export const along = (field: string, { title, log = false, domain, ticks }: Axis) => ({
  field,
  type: 'quantitative',
  title,
  scale: { ...(log ? { type: 'log' } : { zero: false, nice: true }), ...(domain && { domain }) },
  axis: { ...(ticks && { values: ticks }), ...((ticks || log) && { format: '~g' }) },
});

/** Each value once, in the order of first appearance. */
export const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];

/** The whole specification: rows, layers, and small multiples where rows name panels. */
export function chart(
  { name, title, caption, columns = 3, width, height }: ChartOptions,
  size: { readonly width: number; readonly height: number },
  values: readonly DataRow[],
  layers: readonly object[],
): Chart {
  const panels = distinct(values.map(v => v.panel)).filter(panel => panel !== undefined);
  const plot = { width: width ?? size.width, height: height ?? size.height, layer: layers };
  const facet = { field: 'panel', type: 'nominal', title: null, sort: panels };
  // Where the last row of panels is shorter, an axis shared by a column would stand under a panel that is not there.
  const ragged = panels.length > columns && panels.length % columns !== 0;
  const own = ragged && { resolve: { axis: { x: 'independent' } } };
  const spec = { data: { values }, ...(panels.length > 0 ? { facet, columns, spec: plot, ...own } : plot) };
  return { kind: 'chart', name, title, caption, spec };
}

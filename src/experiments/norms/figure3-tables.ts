import { coarser, quantileOfCounts } from '../../metrics/log-counts.js';
import { columnsOf, type Row, type Table } from '../../records/table.js';
import { suitesOf } from '../estimates.js';
import { kinds, medianRatio, type NormResult, summarise } from './summaries.js';

const PROBABILITIES = [1, 5, 25, 50, 75, 95, 99] as const;

/** Bins a decade in the figures. */
export const BINS_PER_DECADE = 20;

/** Figure 3's numbers: quantiles of the norms, the ratio of their medians; the long form and the histogram. */
export function normTables(results: readonly NormResult[]): Table[] {
  const measured = results.filter(({ measurements }) => measurements.length > 0);
  return [quantileTable(measured), ratioTable(measured), longForm(measured), histogramTable(measured)];
}

function quantilesOf(result: NormResult, kind: (typeof kinds)[number]): Row {
  const { counts, min, max } = summarise(result, kind);
  // What is read from bins must not lie beyond the values themselves.
  const quantile = (p: number) =>
    Math.min(max, Math.max(min, quantileOfCounts(counts.bins, counts.counts, p / 100)));
  return Object.fromEntries(PROBABILITIES.map(p => [`q${p}`, quantile(p)] as const));
}

function quantileTable(results: readonly NormResult[]): Table {
  return {
    name: 'fig3',
    title: `L2 norms of vision tokens and text embeddings: quantiles (to within 1.2%), ${aboutOf(results)}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'tokens', label: 'Tokens' },
      { key: 'n', label: 'Number' },
      ...PROBABILITIES.map(p => ({
        key: `q${p}`,
        label: p === 50 ? 'Median' : `${p}%`,
        format: { decimals: 3 },
      })),
    ],
    rows: results.flatMap(result =>
      kinds.map(kind => ({
        model: result.model,
        tokens: kind,
        n: summarise(result, kind).n,
        ...quantilesOf(result, kind),
      })),
    ),
  };
}

function ratioTable(results: readonly NormResult[]): Table {
  const decimals = { format: { decimals: 2 } };
  return {
    name: 'fig3-ratio',
    title: `Median norm of vision tokens over that of text embeddings, ${aboutOf(results)}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'images', label: 'Images' },
      { key: 'ratio', label: 'Ratio', ...decimals },
      { key: 'low', label: '95% from', ...decimals },
      { key: 'high', label: 'to', ...decimals },
      { key: 'orders', label: 'Orders of magnitude', ...decimals },
    ],
    rows: results.map(result => {
      const { clusters, value, low, high } = medianRatio(result);
      return { model: result.model, images: clusters, ratio: value, low, high, orders: Math.log10(value) };
    }),
  };
}

function longForm(results: readonly NormResult[]): Table {
  const rows = results.flatMap(result => {
    const ratio = medianRatio(result);
    return kinds.map((kind): Row => {
      const { n, min, max, mean } = summarise(result, kind);
      return {
        ...labelsOf(result),
        tokens: kind,
        n,
        images: result.measurements.length,
        captions: result.measurements.reduce((sum, m) => sum + Number(m.labels.captions), 0),
        min,
        ...quantilesOf(result, kind),
        max,
        mean,
        medianRatio: ratio.value,
        medianRatioLow: ratio.low,
        medianRatioHigh: ratio.high,
        ...result.provenance,
      };
    });
  });
  return { name: 'fig3-long', title: 'Norms, long form', columns: columnsOf(rows), rows };
}

function histogramTable(results: readonly NormResult[]): Table {
  const rows = results.flatMap(result =>
    kinds.flatMap(kind => {
      const { counts, n } = summarise(result, kind);
      return coarser(counts, BINS_PER_DECADE).map(
        (bin): Row => ({
          ...labelsOf(result),
          tokens: kind,
          ...bin,
          share: bin.count / n,
          ...result.provenance,
        }),
      );
    }),
  );
  return { name: 'fig3-histogram', title: 'Norms, histogram', columns: columnsOf(rows), rows };
}

const labelsOf = ({ suite, model, benchmark }: NormResult): Row => ({
  suite,
  model,
  benchmark: benchmark.title,
  split: benchmark.split,
});

const aboutOf = (results: readonly NormResult[]): string =>
  `${[...new Set(results.map(r => `${r.benchmark.title} (${r.benchmark.split})`))].join(', ')}, suite ${suitesOf(results)}`;

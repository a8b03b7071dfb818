import type { Chart } from '../../metrics/figure.js';
import type { Prediction } from '../../metrics/prediction.js';
import { dots, lineWithIntervals, PAPER_MARKS } from '../charts.js';
import type { RunResult } from '../types.js';
import { datasetLabel, inPaperOrder, paperEntropy } from './datasets.js';
import { type Mean, meanOf } from './estimates.js';
import { measureOf, ORIGINAL, seriesOf, under } from './measures.js';

/** Table 4 as a chart, entropy by layer, and the attention on targets. */
export function attentionCharts(results: readonly RunResult[], layers: string): Chart[] {
  const sorted = inPaperOrder(results).filter(r => entropyOf(r).n > 0);
  if (sorted.length === 0) return [];
  return [entropyChart(sorted), layerChart(sorted, layers), ...targetChart(sorted)];
}

const entropyOf = (result: RunResult): Mean =>
  meanOf(under(result, ORIGINAL), p => measureOf(p, 'entropy'), result.seed);

const estimate = ({ mean, low, high }: Mean, scale = 1) => ({
  value: scale * mean,
  low: scale * low,
  high: scale * high,
});

const suiteOf = (results: readonly RunResult[]): string =>
  `Suite ${[...new Set(results.map(r => r.suite))].join(', ')}; 95 % intervals clustered by image.`;

function entropyChart(results: readonly RunResult[]): Chart {
  return dots({
    name: 'table4',
    title: 'Attention entropy over the vision tokens',
    caption:
      '1 is attention spread evenly over all vision tokens, 0 all of it on one (Table 4). ' +
      `${suiteOf(results)} Light grey: ${PAPER_MARKS}'s variants.`,
    x: { title: 'Attention entropy (normalised)' },
    rows: results.map(r => ({ series: r.model, category: datasetLabel(r), ...estimate(entropyOf(r)) })),
    ghosts: results.flatMap(r => {
      const value = paperEntropy(r);
      return value === undefined ? [] : [{ series: r.model, category: datasetLabel(r), value }];
    }),
  });
}

/** @param layers as `--layers` gives them: the first is where the stored series begins */
function layerChart(results: readonly RunResult[], layers: string): Chart {
  const first = layers === 'all' ? 1 : Number.parseInt(layers, 10);
  const panels = new Set(results.map(datasetLabel)).size > 1;
  const rows = results.flatMap(result => {
    const asked = under(result, ORIGINAL);
    const count = Math.max(...asked.map(p => seriesOf(p, 'entropyByLayer')?.length ?? 0));
    return Array.from({ length: count }, (_, i) => ({
      series: result.model,
      x: first + i,
      ...estimate(meanOf(asked, p => seriesOf(p, 'entropyByLayer')?.[i], result.seed)),
      ...(panels && { panel: datasetLabel(result) }),
    }));
  });
  return lineWithIntervals({
    name: 'attention-layers',
    title: 'Attention entropy by layer',
    caption: `Of the mean of the answer's rows in each layer of the decoder, the first being 1. ${suiteOf(results)}`,
    x: { title: 'Layer', ticks: [...new Set(rows.map(r => r.x))] },
    y: { title: 'Attention entropy (normalised)' },
    rows,
  });
}

const ANSWERS = {
  'all answers': () => true,
  'right answers': ({ score }: Prediction) => score >= 0.5,
  'wrong answers': ({ score }: Prediction) => score < 0.5,
} as const;

function targetChart(results: readonly RunResult[]): Chart[] {
  const rows = results.flatMap(result =>
    Object.entries(ANSWERS).flatMap(([category, chosen]) => {
      const asked = under(result, ORIGINAL).filter(
        p => measureOf(p, 'mapTargetMass') !== undefined && chosen(p),
      );
      const mass = meanOf(asked, p => measureOf(p, 'mapTargetMass'), result.seed);
      const even = meanOf(asked, p => measureOf(p, 'targetShare'), result.seed);
      if (mass.n === 0) return [];
      return [{ series: result.model, category, even: 100 * even.mean, ...estimate(mass, 100) }];
    }),
  );
  if (rows.length === 0) return [];
  const floors = new Map(rows.map(({ category, even }) => [category, even]));
  return [
    dots({
      name: 'attention-target',
      title: "Attention on the target's own cells",
      caption:
        'Of the row that produces the target word, the share on the cells that the object in question lies on; upright ' +
        `ticks: what they would get of even attention. ${suiteOf(results)}`,
      x: { title: 'Share of the attention on vision tokens (%)' },
      rows: rows.map(({ even: _, ...row }) => row),
      floors: [...floors].map(([category, value]) => ({ category, value, label: 'even attention' })),
    }),
  ];
}

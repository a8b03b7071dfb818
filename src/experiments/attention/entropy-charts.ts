import type { Chart } from '../../records/figure.js';
import { dots, lineWithIntervals } from '../charts/index.js';
import { original } from '../condition.js';
import { suitesOf } from '../estimates.js';
import { under } from '../scores.js';
import {
  type AttentionPrediction,
  type AttentionResult,
  datasetsOf,
  type Mean,
  meanOf,
  measureOf,
  paperEntropy,
} from './measures.js';

interface Labelled {
  readonly label: string;
  readonly result: AttentionResult;
}

/** Table 4 as a chart, entropy by layer, and the attention on targets. */
export function attentionCharts(results: readonly AttentionResult[], layers: string): Chart[] {
  const labelled = datasetsOf(results)
    .flatMap(({ label, results }) => results.map(result => ({ label, result })))
    .filter(({ result }) => entropyOf(result).n > 0);
  if (labelled.length === 0) return [];
  return [entropyChart(labelled), layerChart(labelled, layers), ...targetChart(labelled)];
}

const entropyOf = (result: AttentionResult): Mean =>
  meanOf(under(result, original), p => measureOf(p, 'entropy'));

const estimate = ({ mean, low, high }: Mean, scale = 1) => ({
  value: scale * mean,
  low: scale * low,
  high: scale * high,
});

const suiteOf = (results: readonly Labelled[]): string =>
  `Suite ${suitesOf(results.map(({ result }) => result))}; 95 % intervals clustered by image.`;

function entropyChart(results: readonly Labelled[]): Chart {
  const rows = results.map(({ label, result }) => ({
    series: result.model,
    category: label,
    ...estimate(entropyOf(result)),
  }));
  const ghosts = results.flatMap(({ label, result }) => {
    const value = paperEntropy(result);
    return value === undefined ? [] : [{ series: result.model, category: label, value }];
  });
  const least = Math.min(...[...rows, ...ghosts].map(({ value }) => value)) - 0.05;
  return dots({
    name: 'table4',
    title: 'Attention entropy over the vision tokens',
    caption:
      '1 is attention spread evenly over all vision tokens, 0 all of it on one (Table 4). ' +
      `${suiteOf(results)} Grey marks of the same shapes: what the paper's Table 4 prints for LLaVA-1.5 7B and its variants, other models on other images, for reference alone.`,
    x: { title: 'Attention entropy (normalised)', domain: [Math.floor(10 * least) / 10, 1] },
    rows,
    ghosts,
  });
}

/** @param layers as `--layers` gives them: the first is where the stored series begins */
function layerChart(results: readonly Labelled[], layers: string): Chart {
  const first = layers === 'all' ? 1 : Number.parseInt(layers, 10);
  const panels = new Set(results.map(({ label }) => label)).size > 1;
  const rows = results.flatMap(({ label, result }) => {
    const asked = under(result, original);
    const count = Math.max(...asked.map(p => p.measures?.entropyByLayer?.length ?? 0));
    return Array.from({ length: count }, (_, i) => ({
      series: result.model,
      x: first + i,
      ...estimate(meanOf(asked, p => p.measures?.entropyByLayer?.[i])),
      ...(panels && { panel: label }),
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
  'right answers': ({ score }: AttentionPrediction) => score >= 0.5,
  'wrong answers': ({ score }: AttentionPrediction) => score < 0.5,
} as const;

function targetChart(results: readonly Labelled[]): Chart[] {
  const rows = results.flatMap(({ label, result }) =>
    Object.entries(ANSWERS).flatMap(([category, chosen]) => {
      const asked = under(result, original).filter(
        p => measureOf(p, 'mapTargetMass') !== undefined && chosen(p),
      );
      const mass = meanOf(asked, p => measureOf(p, 'mapTargetMass'));
      const even = meanOf(asked, p => measureOf(p, 'targetShare'));
      if (mass.n === 0) return [];
      return [
        { series: result.model, category, panel: label, even: 100 * even.mean, ...estimate(mass, 100) },
      ];
    }),
  );
  if (rows.length === 0) return [];
  const most = Math.min(100, 10 * Math.ceil(Math.max(...rows.map(({ value }) => value)) / 10 + 0.5));
  const floors = new Map(
    rows.map(({ category, panel, even }) => [
      `${panel} ${category}`,
      { category, panel, value: even, label: 'even attention' },
    ]),
  );
  return [
    dots({
      name: 'attention-target',
      title: "Attention on the target's own cells",
      caption:
        'Of the row that produces the target word, the share on the cells that the object in question lies on; upright ' +
        `ticks: what they would get of even attention. ${suiteOf(results)}`,
      x: { title: 'Share of the attention on vision tokens (%)', domain: [0, most] },
      rows: rows.map(({ even: _, ...row }) => row),
      floors: [...floors.values()],
    }),
  ];
}

import type { Figure } from '../../records/figure.js';
import { lineWithIntervals } from '../charts/index.js';
import { suitesOf } from '../estimates.js';
import { type ProbeAccuracy, type ProbeResult, probeAccuracies } from './tables.js';
import { TARGETS } from './targets.js';

/** Accuracy by stage, a line a target; one panel a model and condition. */
export function probeFigures(results: readonly ProbeResult[]): Figure[] {
  const all = probeAccuracies(results).filter(({ target }) => !target.startsWith('object'));
  if (all.length === 0) return [];
  const layers = [...new Set(all.map(({ layer }) => layer))].sort((a, b) => a - b);
  const every = Math.ceil(layers.length / 10);
  const datasets = [...new Set(results.map(r => `${r.benchmark.title}, ${r.benchmark.split}`))].join('; ');
  return [
    lineWithIntervals({
      name: 'probe',
      title: `What linear probes read of vision tokens, suite ${suitesOf(results)}`,
      caption: `Held-out accuracy on ${datasets}; bars: 95% intervals, clustered by image. Row and column are the place of a token's content in the image, in the sequence those where a permuted token stands. Layer -1: vision features; 0: vision tokens; then the decoder's layers. ${chances(all)}`,
      x: { title: 'Layer (-1: features, 0: vision tokens)', ticks: layers.filter((_, i) => i % every === 0) },
      y: { title: 'Accuracy (%)', domain: [0, 100] },
      columns: 2,
      rows: all.map(({ result, condition, layer, target, accuracy, low, high }) => ({
        panel: `${result.model}, ${result.benchmark.title}, ${condition}`,
        series: TARGETS[target],
        x: layer,
        value: accuracy,
        low,
        high,
      })),
    }),
  ];
}

/** What the most frequent class alone would score, target by target. */
function chances(all: readonly ProbeAccuracy[]): string {
  const targets = [...new Set(all.map(({ target }) => target))];
  const said = targets.map(target => {
    const shares = all.filter(a => a.target === target).map(({ chance }) => chance);
    const [least, most] = [Math.min(...shares), Math.max(...shares)].map(share => share.toFixed(1));
    return `${TARGETS[target]} ${least === most ? least : `${least} to ${most}`}`;
  });
  return `Always the most frequent class (%): ${said.join(', ')}.`;
}

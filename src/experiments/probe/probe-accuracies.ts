import { clusteredStatistic } from '../../metrics/clustered.js';
import type { Figure } from '../../records/figure.js';
import type { MeasuredResult } from '../../records/result.js';
import { columnsOf, type Row, type Table } from '../../records/table.js';
import { lineWithIntervals } from '../charts/index.js';
import { suitesOf } from '../estimates.js';
import { CONDITIONS, type ProbeMeasures, TARGETS, type Target } from './targets.js';

export type ProbeResult = MeasuredResult<ProbeMeasures>;

/** How well one target is told at one stage of one model's vision tokens, under one condition. */
export interface ProbeAccuracy {
  readonly result: ProbeResult;
  readonly condition: string;
  /** −1: vision features, before the projector; 0: vision tokens; then the decoder's layers. */
  readonly layer: number;
  readonly target: Target;
  /** Per cent, with its interval clustered by image. */
  readonly accuracy: number;
  readonly low: number;
  readonly high: number;
  /** Per cent right by always saying the most frequent class. */
  readonly chance: number;
  /** Per cent right of a probe that was fitted to shuffled labels; null where the records do not tell. */
  readonly control: number | null;
  /** Accuracy above the control's, in points, with its interval. */
  readonly selectivity: number | null;
  readonly selectivityLow: number | null;
  readonly selectivityHigh: number | null;
  /** Tokens asked about, and the images that they are of. */
  readonly n: number;
  readonly images: number;
}

/** Accuracy of every probe: each result, condition and target, at each stage. */
export function probeAccuracies(results: readonly ProbeResult[]): ProbeAccuracy[] {
  return results.flatMap(result =>
    Object.values(CONDITIONS).flatMap(({ name }) =>
      (Object.keys(TARGETS) as Target[]).flatMap(target => accuracies(result, name, target)),
    ),
  );
}

function accuracies(result: ProbeResult, condition: string, target: Target): ProbeAccuracy[] {
  const records = result.measurements.filter(
    m => m.condition === condition && m.measures[`${target}Asked`] !== undefined,
  );
  if (records.length === 0) return [];
  const counts = (name: 'Right' | 'Control' | 'Guessed' | 'Asked', stage: number) =>
    records.map(({ measures }) => measures[`${target}${name}`]![stage]!);
  const controlled = records.every(m => m.measures[`${target}Control`] !== undefined);
  const first = condition === CONDITIONS.original.name ? -1 : 0;
  const stages = records[0]!.measures[`${target}Asked`]!.length;
  return Array.from({ length: stages }, (_, stage): ProbeAccuracy => {
    const columns = (['Right', 'Guessed', 'Asked'] as const).map(name => counts(name, stage));
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const [, guessed, asked] = columns.map(sum);
    const images = records.map(m => m.image);
    const share = ([right, , asked]: Float64Array) => (100 * right!) / asked!;
    const { value, low, high, clusters } = clusteredStatistic(columns, images, share, { range: [0, 100] });
    const control = controlled ? counts('Control', stage) : null;
    const above =
      control &&
      clusteredStatistic(
        [columns[0]!, control, columns[2]!],
        images,
        ([right, byControl, all]) => (100 * (right! - byControl!)) / all!,
      );
    return {
      result,
      condition,
      layer: first + stage,
      target,
      accuracy: value,
      low,
      high,
      chance: (100 * guessed!) / asked!,
      control: control && (100 * sum(control)) / asked!,
      selectivity: above?.value ?? null,
      selectivityLow: above?.low ?? null,
      selectivityHigh: above?.high ?? null,
      n: asked!,
      images: clusters,
    };
  });
}

const stageName = (layer: number): string =>
  layer < 0 ? 'vision features' : layer === 0 ? 'vision tokens' : `layer ${layer}`;

/** The probes' accuracies by stage, and in long form. */
export function probeTables(results: readonly ProbeResult[]): Table[] {
  const all = probeAccuracies(results);
  return [stagesTable(all), longForm(all)];
}

/** What the short table shows; where an object lies is for the long form: it is told of fewer tokens. */
const SHORT = ['row', 'column', 'sequenceRow', 'sequenceColumn', 'colour', 'shape'] as const;

/** One row a stage. */
function stagesTable(all: readonly ProbeAccuracy[]): Table {
  const rows = new Map<string, Row>();
  const shown: readonly Target[] = SHORT;
  for (const { result, condition, layer, target, accuracy } of all) {
    if (!shown.includes(target)) continue;
    const { model, benchmark } = result;
    const names = { model, dataset: benchmark.title, condition, stage: stageName(layer) };
    const key = JSON.stringify(names);
    rows.set(key, { ...names, ...rows.get(key), [target]: accuracy });
  }
  return {
    name: 'probe',
    title: `Accuracy (%) of linear probes on vision tokens, suite ${suitesOf(all.map(({ result }) => result))}`,
    columns: [
      { key: 'model', label: 'Model' },
      { key: 'dataset', label: 'Dataset' },
      { key: 'condition', label: 'Condition' },
      { key: 'stage', label: 'Stage' },
      ...SHORT.map(key => ({ key, label: TARGETS[key], format: { decimals: 1 } })),
    ],
    rows: [...rows.values()].map(row => ({ ...Object.fromEntries(SHORT.map(key => [key, null])), ...row })),
  };
}

function longForm(all: readonly ProbeAccuracy[]): Table {
  const rows = all.map(({ result, layer, target, ...numbers }): Row => {
    const { model, benchmark, suite, provenance } = result;
    return {
      model,
      dataset: benchmark.title,
      split: benchmark.split,
      stage: stageName(layer),
      layer,
      target: TARGETS[target],
      ...numbers,
      suite,
      ...provenance,
    };
  });
  return { name: 'probe-long', title: 'Linear probes, long form', columns: columnsOf(rows), rows };
}

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

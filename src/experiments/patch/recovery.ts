import { clusteredStatistic } from '../../metrics/clustered.js';
import type { Figure } from '../../records/figure.js';
import type { MeasuredResult } from '../../records/result.js';
import { columnsOf, type Row, type Table } from '../../records/table.js';
import { heatmapGrid } from '../charts/index.js';
import { suitesOf } from '../estimates.js';
import { GROUPS, type Group, type PatchMeasures } from './groups.js';

type PatchResult = MeasuredResult<PatchMeasures>;

/** What patching one group at one layer brings back. */
interface Recovery {
  readonly result: PatchResult;
  readonly group: Group;
  readonly layer: number;
  /** Of the logit difference between clean and counterfactual run, with its interval clustered by image: a ratio of means. */
  readonly recovered: number;
  readonly low: number;
  readonly high: number;
  /** Questions that have such tokens, of all. */
  readonly n: number;
  readonly of: number;
  readonly images: number;
}

/** The recovered share of every group at every layer: Σ (patched − counterfactual) / Σ (clean − counterfactual) over questions. */
function recoveries(results: readonly PatchResult[]): Recovery[] {
  return results.flatMap(result =>
    (Object.keys(GROUPS) as Group[]).flatMap(group => {
      const records = result.measurements.filter(({ measures }) => measures[group] !== undefined);
      const layers = records[0]?.measures.layers ?? [];
      return layers.map((layer, at): Recovery => {
        const back = records.map(({ measures: m }) => m[group]![at]! - m.counterfactual);
        const whole = records.map(({ measures: m }) => m.clean - m.counterfactual);
        const images = records.map(({ image }) => image);
        const { value, low, high, clusters } = clusteredStatistic([back, whole], images, ([a, b]) => a! / b!);
        const counts = { n: records.length, of: result.measurements.length, images: clusters };
        return { result, group, layer, recovered: value, low, high, ...counts };
      });
    }),
  );
}

/** The recovered share, groups by layers, and in long form. */
export function patchTables(results: readonly PatchResult[]): Table[] {
  const all = recoveries(results);
  const layers = [...new Set(all.map(({ layer }) => layer))].sort((a, b) => a - b);
  const rows = new Map<string, Row>();
  for (const { result, group, layer, recovered } of all) {
    const names = { ...namesOf(result), group: GROUPS[group] };
    const key = JSON.stringify(names);
    rows.set(key, { ...names, ...rows.get(key), [`layer ${layer}`]: recovered });
  }
  const long = all.map(({ result, group, ...numbers }): Row => {
    const { suite, provenance } = result;
    return { ...namesOf(result), group: GROUPS[group], ...numbers, suite, ...provenance };
  });
  return [
    {
      name: 'patch',
      title: `Share of the logit difference that patched states bring back, by layer (0: input embeddings), suite ${suitesOf(results)}`,
      columns: [
        { key: 'model', label: 'Model' },
        { key: 'dataset', label: 'Dataset' },
        { key: 'group', label: 'Patched tokens' },
        ...layers.map(layer => ({ key: `layer ${layer}`, label: `${layer}`, format: { decimals: 2 } })),
      ],
      rows: [...rows.values()],
    },
    { name: 'patch-long', title: 'Activation patching, long form', columns: columnsOf(long), rows: long },
  ];
}

const namesOf = ({ model, benchmark }: PatchResult) => ({ model, dataset: benchmark.title });

/** A panel a model: groups by layers. */
export function patchFigures(results: readonly PatchResult[]): Figure[] {
  const all = recoveries(results).filter(({ recovered }) => Number.isFinite(recovered));
  if (all.length === 0) return [];
  return [
    heatmapGrid({
      name: 'patch',
      title: `What patched hidden states bring back, suite ${suitesOf(results)}`,
      caption:
        'States of some tokens are taken from a scene into its counterfactual, where two objects have changed places. Share of the difference between both answers\u2019 logits that comes back; layer 0: input embeddings. 1: as if the whole scene were there.',
      x: 'Layer',
      y: '',
      colour: 'Recovered',
      middle: 0,
      domain: [-1, 1],
      rows: all.map(({ result, group, layer, recovered }) => ({
        panel: result.model,
        row: GROUPS[group],
        column: layer,
        value: Math.max(-1, Math.min(1, recovered)),
      })),
    }),
  ];
}

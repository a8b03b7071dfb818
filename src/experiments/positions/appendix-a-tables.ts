import { SINK_FACTOR } from '../../metrics/sinks.js';
import { type Column, columnsOf, type Row, type Table } from '../../records/table.js';
import { suitesOf } from '../estimates.js';
import {
  average,
  has,
  imagesOf,
  lists,
  meanOf,
  type PositionList,
  type PositionResult,
  shapeOf,
} from './estimates.js';
import { QUANTITIES } from './quantities.js';

/**
 * What the authors' published notebook prints of their three models on 20 images of COCO val (not in the paper; 7B, read
 * for scale alone): mean |Δg_V| and mean Δα_V, Δ = 1.
 */
const AUTHORS_ROPE = [
  { model: 'LLaVA-1.5 7B (authors)', deltaG: 0.0073, deltaAlpha: 8.7e-4 },
  { model: '+ Normalize (authors)', deltaG: 0.0072, deltaAlpha: 6.4e-4 },
  { model: '+ Normalize + Multilayer (authors)', deltaG: 0.0082, deltaAlpha: 7.3e-4 },
] as const;

/** The tables of Appendix A: layers, their long form, RoPE, heads, and the steps where there is a system prompt. */
export function positionsTables(results: readonly PositionResult[]): Table[] {
  const withSystem = results.filter(result => has(result, 'hiddenSystem'));
  return [
    layersTable(results),
    layersLong(results),
    ropeTable(results),
    headsTable(results),
    ...(withSystem.length > 0 ? [stepsTable(withSystem)] : []),
    ...sinksTable(results),
  ];
}

/** Where the vision tokens of extreme norm lie, as they enter the decoder; none where there are none. */
function sinksTable(results: readonly PositionResult[]): Table[] {
  const rows = results.flatMap(result => {
    const counts = new Map<number, number>();
    for (const { measures } of result.measurements)
      for (const place of measures.sinkPlaces ?? []) counts.set(place, (counts.get(place) ?? 0) + 1);
    const side = Math.sqrt(result.measurements[0]?.measures.visionTokens ?? Number.NaN);
    const square = Number.isInteger(side);
    return [...counts]
      .sort(([a], [b]) => a - b)
      .map(([place, count]): Row => {
        const share = count / result.measurements.length;
        const cell = square ? { row: Math.floor(place / side) + 1, column: (place % side) + 1 } : {};
        return {
          ...namesOf(result),
          token: place + 1,
          row: null,
          column: null,
          ...cell,
          share,
          ...sourceOf(result),
        };
      });
  });
  if (rows.length === 0) return [];
  return [
    {
      name: 'positions-sinks',
      title: `Places of vision tokens whose norm is more than ${SINK_FACTOR} times the median, long form`,
      columns: columnsOf(rows),
      rows,
    },
  ];
}

const SHORT = [
  'hiddenVision',
  'hiddenUserText',
  'queryRatio',
  'keyRatio',
  'visionMass',
  'visionShare',
] as const;

const MODEL_COLUMNS: readonly Column[] = [
  { key: 'model', label: 'Model' },
  { key: 'dataset', label: 'Dataset' },
];
const layersOf = (result: PositionResult): number[] =>
  Array.from({ length: shapeOf(result).layers + 1 }, (_, layer) => layer);

/** One row a layer, the input embeddings being layer 0. */
function layersTable(results: readonly PositionResult[]): Table {
  const rows = results.flatMap(result =>
    layersOf(result).map((layer): Row => {
      const cells = SHORT.map(name => {
        const { from, of } = QUANTITIES[name];
        return [name, layer < from ? null : of(result, layer).value];
      });
      return { ...namesOf(result), layer, ...Object.fromEntries(cells) };
    }),
  );
  return {
    name: 'positions-layers',
    title: `Vision against text by layer (0: input embeddings), suite ${suitesOf(results)}`,
    columns: [
      ...MODEL_COLUMNS,
      { key: 'layer', label: 'Layer' },
      ...SHORT.map(key => ({ key, label: QUANTITIES[key].label, format: { decimals: 3 } })),
    ],
    rows,
  };
}

/** Every quantity of every layer with its interval. */
function layersLong(results: readonly PositionResult[]): Table {
  const rows = results.flatMap(result =>
    Object.entries(QUANTITIES).flatMap(([quantity, { from, of, needs }]) =>
      has(result, needs)
        ? layersOf(result)
            .slice(from)
            .map((layer): Row => {
              const { value, low, high } = of(result, layer);
              return { ...namesOf(result), layer, quantity, value, low, high, ...sourceOf(result) };
            })
        : [],
    ),
  );
  return {
    name: 'positions-layers-long',
    title: 'Positions by layer, long form',
    columns: columnsOf(rows),
    rows,
  };
}

/** RoPE sensitivity over all layers and heads, the authors' values below as a scale. */
function ropeTable(results: readonly PositionResult[]): Table {
  const ours = results.map((result): Row => {
    const overHeads = (name: PositionList, by: (value: number) => number) =>
      meanOf(
        result,
        lists(result, name).map(values => average(values.map(by))),
      );
    const deltaG = overHeads('deltaG', Math.abs);
    const deltaAlpha = overHeads('deltaAlpha', value => value);
    return {
      ...namesOf(result),
      images: new Set(imagesOf(result)).size,
      deltaG: deltaG.value,
      deltaGLow: deltaG.low,
      deltaGHigh: deltaG.high,
      deltaAlpha: deltaAlpha.value,
      deltaAlphaLow: deltaAlpha.low,
      deltaAlphaHigh: deltaAlpha.high,
    };
  });
  const none = { deltaGLow: null, deltaGHigh: null, deltaAlphaLow: null, deltaAlphaHigh: null };
  const theirs = AUTHORS_ROPE.map((row): Row => ({ ...none, ...row, dataset: 'COCO val2017', images: 20 }));
  const digits = { format: { decimals: 6 } };
  return {
    name: 'positions-rope',
    title: `RoPE sensitivity, mean over layers and heads, suite ${suitesOf(results)} (the authors' own: for scale alone)`,
    columns: [
      ...MODEL_COLUMNS,
      { key: 'images', label: 'Images' },
      { key: 'deltaG', label: '|Δg_V|', ...digits },
      { key: 'deltaGLow', label: '95% from', ...digits },
      { key: 'deltaGHigh', label: 'to', ...digits },
      { key: 'deltaAlpha', label: 'Δα_V', ...digits },
      { key: 'deltaAlphaLow', label: '95% from', ...digits },
      { key: 'deltaAlphaHigh', label: 'to', ...digits },
    ],
    rows: [...ours, ...theirs],
  };
}

/** Every layer and head: means over the images, whose spread the table by layer gives. */
function headsTable(results: readonly PositionResult[]): Table {
  const rows = results.flatMap(result => {
    const { layers, heads } = shapeOf(result);
    const all = (['visionShare', 'systemShare', 'alpha', 'deltaAlpha', 'deltaG'] as const).map(
      name => [name, headMeans(result, name)] as const,
    );
    const absolute = headMeans(result, 'deltaG', Math.abs);
    return Array.from({ length: layers * heads }, (_, at): Row => {
      const cells = all.map(([name, means]) => [name, means[at]!]);
      return {
        ...namesOf(result),
        layer: Math.floor(at / heads) + 1,
        head: (at % heads) + 1,
        ...Object.fromEntries(cells),
        absoluteDeltaG: absolute[at]!,
        ...sourceOf(result),
      };
    });
  });
  return {
    name: 'positions-balance',
    title: 'Cross-modality balance and RoPE sensitivity by layer and head, long form',
    columns: columnsOf(rows),
    rows,
  };
}

/** Means over records of a list by layer and head. */
export function headMeans(
  result: PositionResult,
  name: PositionList,
  by = (value: number) => value,
): number[] {
  const all = lists(result, name);
  return all[0]!.map((_, at) => average(all.map(values => by(values[at]!))));
}

/** The system prompt's share of attention, step by step, over the answers that are so long. */
function stepsTable(results: readonly PositionResult[]): Table {
  const rows = results.flatMap(result => {
    const shares = lists(result, 'systemShareBySteps');
    const longest = shares.reduce((most, { length }) => Math.max(most, length), 0);
    return Array.from({ length: longest }, (_, step): Row => {
      const reached = shares.flatMap(values => values[step] ?? []);
      const systemShare = average(reached);
      return {
        ...namesOf(result),
        step: step + 1,
        answers: reached.length,
        systemShare,
        ...sourceOf(result),
      };
    });
  });
  return {
    name: 'positions-steps',
    title: "The system prompt's share of attention by decoding step, long form",
    columns: columnsOf(rows),
    rows,
  };
}

const namesOf = ({ model, benchmark }: PositionResult) => ({ model, dataset: benchmark.title });

const sourceOf = (result: PositionResult): Row => ({
  split: result.benchmark.split,
  n: result.measurements.length,
  images: new Set(imagesOf(result)).size,
  suite: result.suite,
  ...result.provenance,
});

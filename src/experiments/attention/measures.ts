import { z } from 'zod';
import { clusteredMean } from '../../metrics/clustered.js';
import { type PairedTest, pairedClusterTest } from '../../metrics/paired-cluster-test.js';
import type { Prediction } from '../../records/prediction.js';
import type { RunResult } from '../../records/result.js';
import { original } from '../condition.js';
import { byBenchmark } from '../estimates.js';
import { under } from '../scores.js';
import { paperNumber } from '../variants.js';

const number = z.number().exactOptional();
const list = z.array(z.number()).readonly().exactOptional();

/** What is stored of a question. Shares are of the attention on vision tokens, unless said otherwise. */
export const attentionMeasures = z.strictObject({
  /** Normalised entropy of the chosen rows' mean (Table 4), and by layer. */
  entropy: number,
  entropyByLayer: list,
  /** Share of all attention but BOS's that lies on vision tokens, in the same row. */
  visionMass: number,
  /** Entropy of the row that produces the target word (Figures 7 and 8), and that row, by vision token. */
  mapEntropy: number,
  map: list,
  /** The target's cells; their share of all cells, what they get of the chosen row and of the target word's. */
  targetCells: list,
  targetShare: number,
  targetMass: number,
  mapTargetMass: number,
  /** What the model sees of the picture (as `Panel`). */
  view: list,
  /** Figure 1's reference token, and each vision token's similarity to it. */
  referenceToken: number,
  similarity: list,
});

export type AttentionMeasures = z.output<typeof attentionMeasures>;
export type AttentionPrediction = Prediction<AttentionMeasures>;
export type AttentionResult = RunResult<AttentionMeasures>;

/** The measures that are one number. */
export type Measure = {
  [Name in keyof AttentionMeasures]-?: number extends AttentionMeasures[Name] ? Name : never;
}[keyof AttentionMeasures];

/** A measure of an answer; undefined where it was not measured. */
export const measureOf = ({ measures }: AttentionPrediction, name: Measure): number | undefined =>
  measures?.[name];

/** Rows of the paper's Table 4, in its order; our other benchmarks follow under their own names. */
const ROWS: Readonly<Record<string, string>> = { '2ds': '2DS', coco: 'COCO Val', cvbench: 'CV-Bench2D' };

/** The models' results on one split of one benchmark. */
export interface DatasetResults {
  /** As Table 4 prints it; with the split where there are several of one benchmark. */
  readonly label: string;
  readonly results: readonly AttentionResult[];
}

/**
 * Results by benchmark and split, those of the paper's Table 4 first and in its order, each with the name it has there.
 */
export function datasetsOf(results: readonly AttentionResult[]): DatasetResults[] {
  const names = Object.keys(ROWS);
  const place = ([first]: readonly AttentionResult[]) =>
    names.includes(first!.benchmark.name) ? names.indexOf(first!.benchmark.name) : names.length;
  const groups = byBenchmark(results).sort((a, b) => place(a) - place(b));
  return groups.map(group => {
    const { name, title, split } = group[0]!.benchmark;
    const single = groups.filter(([other]) => other!.benchmark.name === name).length === 1;
    return { label: `${ROWS[name] ?? title}${single ? '' : `, ${split}`}`, results: group };
  });
}

/** The entropy that Table 4 prints for the model's counterpart; undefined where there is none, as for models of one's own. */
export const paperEntropy = (result: AttentionResult): number | undefined =>
  result.suite === 'custom' || result.retrainedFor !== undefined
    ? undefined
    : paperNumber('table4', result.benchmark.name, result.variant, result);

/** A number of a question; undefined where it has none. */
type Value = (prediction: AttentionPrediction) => number | undefined;

export interface Mean {
  readonly n: number;
  readonly images: number;
  /** NaN of nothing. */
  readonly mean: number;
  /** 95 % interval, clustered by image, and standard error; NaN of too few images. */
  readonly low: number;
  readonly high: number;
  readonly error: number;
  readonly df: number;
}

/** The mean of a number over the questions that have it. */
export function meanOf(predictions: readonly AttentionPrediction[], value: Value): Mean {
  const known = predictions.filter(p => value(p) !== undefined);
  if (known.length === 0) {
    const unknown = { mean: Number.NaN, low: Number.NaN, high: Number.NaN, error: Number.NaN };
    return { n: 0, images: 0, ...unknown, df: 1 };
  }
  const { clusters, ...rest } = clusteredMean(
    known.map(p => value(p)!),
    known.map(p => p.image),
  );
  return { ...rest, images: clusters };
}

/** A number's difference between two models on the questions for which both have it; undefined where there is none. */
export function differenceOf(
  ours: AttentionResult,
  theirs: AttentionResult,
  value: Value,
): PairedTest | undefined {
  const baseline = new Map(under(theirs, original).map(p => [p.id, value(p)]));
  const both = under(ours, original).filter(p => value(p) !== undefined && baseline.get(p.id) !== undefined);
  if (both.length === 0) return undefined;
  return pairedClusterTest(
    both.map(p => value(p)!),
    both.map(p => baseline.get(p.id)!),
    both.map(p => p.image),
    { seed: ours.seed },
  );
}

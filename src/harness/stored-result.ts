import { createHash } from 'node:crypto';
import { z } from 'zod';
import { benchmarks } from '../benchmarks/index.js';
import type { Benchmark } from '../benchmarks/types.js';
import { messageOf, UserError } from '../errors.js';
import type { AskingExperiment, Experiment, MeasuringExperiment, Results } from '../experiments/types.js';
import { withVerdicts } from '../judge/verdicts.js';
import {
  conditionsOf,
  type Measurement,
  type Measures,
  type Prediction,
  type RunRecord,
} from '../records/prediction.js';
import { type MeasuredResult, type RunResult, type RunSource, variants } from '../records/result.js';
import { measurementRecords, predictionRecords } from '../runs/records.js';
import type { RunInfo } from '../runs/run-info.js';
import { readRun, type StoredRun } from '../runs/stored-run.js';
import { conditionOfOldRun, memberOfOldRun, oldCondition, unknownCondition } from './old-runs.js';

const conditionSchema = z.strictObject({
  name: z.string(),
  image: z.boolean(),
  systemPrompt: z.boolean(),
  interventions: z.array(
    z.strictObject({
      kind: z.string(),
      params: z.record(z.string(), z.json()),
      code: z.string().exactOptional(),
    }),
  ),
});

/** What tables need of a run's `parts`: everything that can change a prediction. */
const partsSchema = z.looseObject({
  model: z.string(),
  benchmark: z.string(),
  split: z.string(),
  data: z.string(),
  template: z.string(),
  suffix: z.string(),
  maxNewTokens: z.number(),
  temperature: z.number(),
  judge: z.string(),
  seed: z.number(),
  /** Of runs that ask. */
  conditions: z.array(z.union([conditionSchema, oldCondition.transform(conditionOfOldRun)])).exactOptional(),
});

/** What tables need of its `manifest`. */
const manifestSchema = z.looseObject({
  options: z.record(z.string(), z.unknown()),
  model: z.looseObject({
    title: z.string(),
    visionTokens: z.int().exactOptional(),
    variant: z.enum(variants).exactOptional(),
    trainingSeed: z.int().exactOptional(),
    retrainedFor: z.int().exactOptional(),
  }),
  protocol: z.string(),
  benchmark: z.looseObject({ title: z.string() }),
});

/** A run's `run.json` as experiments' runs fill it; UserError where another program wrote it. */
export function describeRun(dir: string, info: RunInfo) {
  const parts = partsSchema.safeParse(info.parts);
  const manifest = manifestSchema.safeParse(info.manifest);
  const error = parts.error ?? manifest.error;
  if (error) {
    throw new UserError(
      `${dir}/run.json does not say what tables need (${messageOf(error)}): run its command again`,
    );
  }
  return { parts: parts.data!, manifest: manifest.data! };
}

/** The results of an experiment's runs, read from their folders, graded by a language model where one has graded them. */
export async function readResults(
  experiment: Experiment,
  dirs: readonly string[],
  known: readonly Benchmark[] = Object.values(benchmarks),
): Promise<Results> {
  if (experiment.kind === 'measures') {
    const results = [];
    for (const dir of dirs) {
      results.push(await measuredResultOf(await readRun(dir, measurementRecords), experiment));
    }
    return { kind: 'measures', experiment, results };
  }
  const results = [];
  for (const dir of dirs) {
    const result = await resultOf(await readRun(dir, predictionRecords), experiment, known);
    results.push(await withVerdicts(dir, result));
  }
  return { kind: 'asks', experiment, results };
}

/**
 * A stored run as experiments' tables take it: all they need is in its folder.
 * @param experiment whose measures the records hold; without one they are left out
 * @param known benchmarks to look for the run's own among, for its chance floors
 */
export async function resultOf<M extends Measures>(
  run: StoredRun<Prediction>,
  { measures }: Pick<AskingExperiment<z.ZodObject, M>, 'measures'> = {},
  known: readonly Benchmark[] = Object.values(benchmarks),
): Promise<RunResult<M>> {
  const predictions = (await recordsIn(run)).map(record => withMeasures(run.dir, record, measures));
  const source = sourceOf(run);
  const { conditions = conditionsOf(predictions).map(unknownCondition) } = describeRun(
    run.dir,
    run.info,
  ).parts;
  const benchmark = known.find(b => b.name === source.benchmark.name);
  return {
    ...source,
    benchmark: { ...source.benchmark, chance: chanceOf(benchmark, predictions) },
    conditions,
    predictions,
  };
}

/** The same of a run of measurements. */
export const measuredResultOf = async <M extends Measures>(
  run: StoredRun<Measurement>,
  { measures }: Pick<MeasuringExperiment<z.ZodObject, M>, 'measures'>,
): Promise<MeasuredResult<M>> => ({
  ...sourceOf(run),
  measurements: (await recordsIn(run)).map(record => ({
    ...record,
    measures: checkedMeasures(run.dir, record, measures),
  })),
});

function withMeasures<M extends Measures>(
  dir: string,
  { measures: stored, ...record }: Prediction,
  schema: z.ZodType<M> | undefined,
): Prediction<M> {
  if (!schema || stored === undefined) return record;
  return { ...record, measures: checkedMeasures(dir, { ...record, measures: stored }, schema) };
}

/** A record's measures, as their experiment declares them; UserError where they are not. */
function checkedMeasures<M extends Measures>(
  dir: string,
  { id, measures }: Pick<Measurement, 'id' | 'measures'>,
  schema: z.ZodType<M>,
): M {
  const { data, error } = schema.safeParse(measures);
  if (data !== undefined) return data;
  const [issue] = error!.issues;
  throw new UserError(
    `${dir}: what is stored of "${id}" is not what its experiment measures (${[...issue!.path, issue!.message].join(': ')}): another version made it, run its command again`,
  );
}

async function recordsIn<R extends RunRecord>(run: StoredRun<R>): Promise<R[]> {
  const records: R[] = [];
  for await (const record of run.records()) records.push(record);
  return records;
}

function sourceOf({ dir, info }: Pick<StoredRun<RunRecord>, 'dir' | 'info'>): RunSource {
  const { suite, key } = info;
  const { parts, manifest } = describeRun(dir, info);
  const { title, visionTokens, retrainedFor, ...family } = manifest.model;
  const { variant, trainingSeed } = { ...memberOfOldRun(suite, title), ...family };
  return {
    suite,
    model: title,
    variant,
    trainingSeed,
    ...(visionTokens !== undefined && { visionTokens }),
    ...(retrainedFor !== undefined && { retrainedFor }),
    benchmark: {
      name: parts.benchmark,
      title: manifest.benchmark.title,
      split: parts.split,
      chance: new Map(),
    },
    seed: parts.seed,
    provenance: provenanceOf(key, parts, manifest.protocol),
  };
}

/** Run id, hashes of weights, data and template, and how questions were put and graded. */
export const provenanceOf = (
  key: string,
  parts: ReturnType<typeof describeRun>['parts'],
  protocol: string,
): Record<string, string> => ({
  run: key.slice(0, 8),
  weights: parts.model.replace('sha256:', '').slice(0, 16),
  data: parts.data.slice(0, 16),
  template: sha256(parts.template).slice(0, 16),
  protocol,
  suffix: parts.suffix.trim(),
  decoding: `${parts.temperature === 0 ? 'greedy' : `temperature ${parts.temperature}`}, at most ${parts.maxNewTokens} tokens`,
  judge: parts.judge,
});

/** Chance floor of every category of the questions, each taken once. */
function chanceOf(
  { chanceFloor }: Partial<Benchmark> = {},
  predictions: readonly Prediction[],
): ReadonlyMap<string, number> {
  const questions = predictions.filter(p => p.condition === predictions[0]!.condition);
  if (!chanceFloor) return new Map();
  const categories = [...new Set(questions.map(q => q.category))];
  return new Map(categories.map(c => [c, chanceFloor(questions.filter(q => q.category === c))]));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

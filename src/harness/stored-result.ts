import { createHash } from 'node:crypto';
import { z } from 'zod';
import { benchmarks } from '../benchmarks/index.js';
import type { Benchmark } from '../benchmarks/types.js';
import { messageOf, UserError } from '../errors.js';
import type { MeasuredResult, RunResult, RunSource } from '../experiments/types.js';
import type { Measurement, Prediction, RunRecord } from '../records/prediction.js';
import type { RunInfo } from '../runs/run-info.js';
import type { StoredRun } from '../runs/stored-run.js';

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
});

/** What tables need of its `manifest`. */
const manifestSchema = z.looseObject({
  options: z.record(z.string(), z.unknown()),
  model: z.looseObject({
    title: z.string(),
    visionTokens: z.int().exactOptional(),
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

/**
 * A stored run as experiments' tables take it: all they need is in its folder.
 * @param known benchmarks to look for the run's own among, for its chance floors
 */
export async function resultOf(
  run: StoredRun<Prediction>,
  known: readonly Benchmark[] = Object.values(benchmarks),
): Promise<RunResult> {
  const predictions = await recordsIn(run);
  const source = sourceOf(run);
  const benchmark = known.find(b => b.name === source.benchmark.name);
  return {
    ...source,
    benchmark: { ...source.benchmark, chance: chanceOf(benchmark, predictions) },
    predictions,
  };
}

/** The same of a run of measurements. */
export const measuredResultOf = async (run: StoredRun<Measurement>): Promise<MeasuredResult> => ({
  ...sourceOf(run),
  measurements: await recordsIn(run),
});

async function recordsIn<R extends RunRecord>(run: StoredRun<R>): Promise<R[]> {
  const records: R[] = [];
  for await (const record of run.records()) records.push(record);
  return records;
}

function sourceOf({ dir, info }: Pick<StoredRun<RunRecord>, 'dir' | 'info'>): RunSource {
  const { suite, key } = info;
  const { parts, manifest } = describeRun(dir, info);
  const { title, visionTokens, retrainedFor } = manifest.model;
  return {
    suite,
    model: title,
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

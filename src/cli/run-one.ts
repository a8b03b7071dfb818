import type { Benchmark, Dataset } from '../benchmarks/types.js';
import type { Engine } from '../engine/backend.js';
import { UserError } from '../errors.js';
import { withControls } from '../experiments/controls.js';
import { evaluate } from '../experiments/evaluate.js';
import type { CommonOptions } from '../experiments/options.js';
import type { Condition, Experiment, RunResult } from '../experiments/types.js';
import type { Prediction } from '../metrics/prediction.js';
import type { OpenedModel } from '../models/open-model.js';
import { shardEnding } from '../runs/merge-runs.js';
import { openRun } from '../runs/open-run.js';
import { predictionRecords } from '../runs/records.js';
import type { Run } from '../runs/run.js';
import type { Progress } from './progress.js';
import { type Setup, setUp } from './protocol.js';
import type { Selected } from './select-images.js';
import type { Shard } from './shard.js';
import { resultOf } from './stored-result.js';
import type { ModelChoice } from './suite.js';

/** A model to be asked a benchmark's questions under an experiment's conditions. */
export interface Job {
  readonly experiment: Experiment;
  readonly options: Readonly<CommonOptions>;
  readonly choice: ModelChoice;
  readonly model: OpenedModel;
  readonly benchmark: Benchmark;
  readonly dataset: Dataset;
  readonly selected: Selected;
  readonly engine: Engine;
  readonly shard: Shard | null;
}

/** One run: what its folder lacks is done, then it is read back whole. */
export async function runOne(
  job: Job,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ result: RunResult; dir: string }> {
  const { experiment, options, choice, benchmark, dataset, selected, model, engine, shard } = job;
  const conditions = withControls(experiment.conditions(options), options);
  const setup = setUp(options, model, benchmark);
  const run = await openRun({
    root: options.results,
    suite: choice.suite,
    experiment: experiment.name,
    name: slug(`${choice.title}-${benchmark.name}`) + (shard ? shardEnding(shard) : ''),
    parts: {
      model: model.fingerprint,
      benchmark: benchmark.name,
      split: dataset.split,
      data: dataset.fingerprint,
      conditions: conditions.map(c => ({
        name: c.name,
        image: c.image,
        does: c.interventions.map(i => i.name),
      })),
      ...setup.asking,
      judge: setup.judge,
      engine: engine.name,
      offset: options.offset,
      limit: options.limit ?? null,
      ids: options.ids ?? null,
      ...(shard && { shard: { ...shard } }),
    },
    manifest: {
      options: JSON.parse(JSON.stringify(options)),
      model: { title: choice.title, path: choice.path },
      protocol: options.protocol,
      benchmark: { title: dataset.title ?? benchmark.title, layout: dataset.layout, ...selected.all },
      engine: engine.description,
      node: process.version,
    },
    format: predictionRecords,
    resume: options.resume,
    onNotice: text => progress.say(text),
  });
  try {
    if (!run.finished) await fill(run, job, conditions, setup, progress, signal);
    return { dir: run.dir, result: await resultOf(run, [benchmark]) };
  } finally {
    await run.close();
  }
}

/** Does what the run still lacks. */
async function fill(
  run: Run<Prediction>,
  { model, benchmark, dataset, selected: { images } }: Job,
  conditions: readonly Condition[],
  { asking, scorer }: Setup,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const started = performance.now();
  let done = 0;
  let answered = 0;
  progress.start(dataset.title ?? benchmark.title, images.length * conditions.length);
  try {
    const units = evaluate({
      model,
      images: each(images),
      conditions,
      scorer,
      asking,
      isDone: run.isDone,
    });
    for await (const { predictions } of units) {
      if (predictions.length > 0) await run.append(predictions);
      answered += predictions.length;
      progress.update(++done);
      // A turn of the event loop, in which signals are heard.
      await new Promise(resolve => setImmediate(resolve));
      if (signal.aborted) {
        throw new UserError(
          `stopped; what was answered is kept in ${run.dir}, the same command goes on from there`,
        );
      }
    }
  } finally {
    progress.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  await run.finish({ seconds, answered });
}

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-60);

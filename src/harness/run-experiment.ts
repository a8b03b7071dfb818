import type { Benchmark } from '../benchmarks/types.js';
import { UsageError } from '../errors.js';
import type { AnyExperiment, MeasuredResult, RunResult } from '../experiments/types.js';
import { checkJudge, judgeCache } from '../judge/run.js';
import type { Work } from '../work.js';
import type { Answered } from './answered.js';
import { requireFetched } from './missing-model.js';
import { openBenchmarks } from './open-benchmarks.js';
import type { CommonOptions } from './options.js';
import { graderOf } from './protocol.js';
import { selectImages } from './select-images.js';
import { type Shard, shardOf } from './shard.js';
import { chooseModels, readSuite } from './suite.js';
import { threadsFor } from './threads.js';

/** What a finished command has to say: its tables are on disk, `results` in memory. */
export interface Outcome {
  readonly suite: string;
  readonly results: readonly (RunResult | MeasuredResult)[];
  readonly runs: readonly string[];
  /** The part of the images that these are the results of; null for all. */
  readonly shard: Shard | null;
}

/**
 * Runs an experiment with every model on every benchmark asked for: engine, data and models are opened, predictions go to
 * the run's folder an image at a time; what `answered` holds is not asked again. When the work's signal aborts, the image in progress is finished and stored, then UserError.
 */
export async function runExperiment<O extends CommonOptions>(
  experiment: AnyExperiment,
  options: Readonly<O>,
  answered: Answered,
  work: Work,
  addedBenchmarks: readonly Benchmark[] = [],
): Promise<Outcome> {
  const { progress } = work;
  const shard = shardOf(options.shard, process.env);
  const suite = readSuite(options.suite);
  if (shard && 'measure' in experiment && experiment.undivided) {
    throw new UsageError(`${experiment.name} needs all images together; leave out --shard`);
  }
  const choices = chooseModels(suite, options.model, experiment.withRetrained);
  for (const { path, visionTower } of choices) {
    await requireFetched(path);
    if (visionTower !== undefined) await requireFetched(visionTower);
  }
  const opened = await openBenchmarks(suite, options, progress, addedBenchmarks);
  const asked = [];
  for (const { benchmark, dataset } of opened) {
    const { language } = 'measure' in experiment ? {} : graderOf(options, benchmark);
    if (language) await checkJudge(language, judgeCache(options.results), work);
    asked.push({ benchmark, dataset, selected: await selectImages(dataset, { ...options, shard }) });
  }
  // TensorFlow.js loads here, after what may be wrong with the call.
  const { startEngine } = await import('../engine/backend.js');
  const { openModel } = await import('../models/open-model.js');
  const { runOne } = await import('./run-one.js');
  const threads = threadsFor(
    options.threads,
    choices.map(({ path }) => path),
  );
  const engine = await startEngine({ ...options, threads });
  try {
    const results: (RunResult | MeasuredResult)[] = [];
    const runs: string[] = [];
    for (const choice of choices) {
      if (shard) progress.say(`shard ${shard.index} of ${shard.count}`);
      progress.say(`suite ${choice.suite}, model ${choice.title}, engine ${engine.description}`);
      const model = await openModel(choice.path, {
        visionTower: options.visionTower ?? choice.visionTower,
        memoryLimit: engine.memory.limit,
      });
      try {
        for (const questions of asked) {
          const job = { experiment, options, choice, ...questions, model, engine, shard, answered };
          const { result, dir } = await runOne(job, work);
          results.push(result);
          runs.push(dir);
        }
      } finally {
        model.dispose();
      }
    }
    return { suite: choices[0]!.suite, results, runs, shard };
  } finally {
    await engine.stop();
  }
}

import { createHash } from 'node:crypto';
import type { Benchmark, Dataset, SampleImage } from '../benchmarks/types.js';
import type { Engine } from '../engine/backend.js';
import { UserError } from '../errors.js';
import type { CommonOptions } from '../experiments/options.js';
import type { Experiment, RunResult } from '../experiments/types.js';
import type { Prediction } from '../metrics/prediction.js';
import type { OpenedModel } from '../models/open-model.js';
import type { Run } from '../runs/run.js';
import { openBenchmarks } from './benchmarks.js';
import type { Progress } from './progress.js';
import { chooseModels, type ModelChoice, readSuite } from './suite.js';

/** What a finished command has to say: its tables are on disk, `results` in memory. */
export interface Outcome {
  readonly suite: string;
  readonly results: readonly RunResult[];
  readonly runs: readonly string[];
}

/** A benchmark opened on its data. */
interface Opened {
  readonly benchmark: Benchmark;
  readonly dataset: Dataset;
}

/**
 * Runs an experiment with every model on every benchmark asked for: engine, data and models are opened, predictions go to
 * the run's folder an image at a time. When `signal` aborts, the image in progress is finished and stored, then UserError.
 */
export async function runExperiment<O extends CommonOptions>(
  experiment: Experiment,
  options: Readonly<O>,
  progress: Progress,
  signal: AbortSignal,
): Promise<Outcome> {
  const suite = readSuite(options.suite);
  const choices = chooseModels(suite, options.model);
  const opened = await openBenchmarks(suite, options, progress);
  // TensorFlow.js loads here, so that help and wrong usage are quick.
  const { startEngine } = await import('../engine/backend.js');
  const { openModel } = await import('../models/open-model.js');
  const engine = await startEngine(options);
  try {
    const results: RunResult[] = [];
    const runs: string[] = [];
    for (const choice of choices) {
      progress.say(`suite ${choice.suite}, model ${choice.title}, engine ${engine.description}`);
      const model = await openModel(choice.path, options);
      try {
        for (const { benchmark, dataset } of opened) {
          const job = { experiment, options, choice, benchmark, dataset, model, engine };
          const { result, dir } = await runOne(job, progress, signal);
          results.push(result);
          runs.push(dir);
        }
      } finally {
        model.dispose();
      }
    }
    return { suite: choices[0]!.suite, results, runs };
  } finally {
    await engine.stop();
  }
}

interface Job extends Opened {
  readonly experiment: Experiment;
  readonly options: Readonly<CommonOptions>;
  readonly choice: ModelChoice;
  readonly model: OpenedModel;
  readonly engine: Engine;
}

/** One run: a model on a benchmark under the experiment's conditions. */
async function runOne(
  job: Job,
  progress: Progress,
  signal: AbortSignal,
): Promise<{ result: RunResult; dir: string }> {
  const { experiment, options, choice, benchmark, dataset, model, engine } = job;
  const { openRun } = await import('../runs/open-run.js');
  const { predictionRecords } = await import('../runs/records.js');
  const conditions = experiment.conditions(options);
  const asking = {
    template: model.template(options.template),
    suffix: options.suffix ?? model.suffix ?? benchmark.suffix,
    maxNewTokens: options.maxNewTokens,
    temperature: options.temperature,
    seed: options.seed,
  };
  const parts = {
    model: model.fingerprint,
    benchmark: benchmark.name,
    split: dataset.split,
    data: dataset.fingerprint,
    conditions: conditions.map(c => ({
      name: c.name,
      image: c.image,
      does: c.interventions.map(i => i.name),
    })),
    ...asking,
    engine: engine.name,
    limit: options.limit ?? null,
  };
  const run = await openRun({
    root: options.results,
    suite: choice.suite,
    experiment: experiment.name,
    name: slug(`${choice.title}-${benchmark.name}`),
    parts,
    manifest: {
      options: JSON.parse(JSON.stringify(options)),
      model: choice.path,
      data: dataset.layout,
      engine: engine.description,
      node: process.version,
    },
    format: predictionRecords,
    resume: options.resume,
    onNotice: text => progress.say(text),
  });
  try {
    if (!run.finished) await fill(run, { ...job, conditions, asking }, progress, signal);
    const predictions: Prediction[] = [];
    for await (const prediction of run.records()) predictions.push(prediction);
    const chance = await chanceOf(benchmark, dataset, options.limit);
    const { name } = benchmark;
    const title = dataset.title ?? benchmark.title;
    return {
      dir: run.dir,
      result: {
        suite: choice.suite,
        model: choice.title,
        benchmark: { name, title, split: dataset.split, chance },
        seed: options.seed,
        provenance: {
          run: run.info.key.slice(0, 8),
          weights: model.fingerprint.slice(0, 16),
          data: dataset.fingerprint.slice(0, 16),
          template: sha256(asking.template).slice(0, 16),
        },
        predictions,
      },
    };
  } finally {
    await run.close();
  }
}

/** Does what the run still lacks. */
async function fill(
  run: Run<Prediction>,
  {
    model,
    benchmark,
    dataset,
    options,
    conditions,
    asking,
  }: Job &
    Pick<Parameters<typeof import('../experiments/evaluate.js')['evaluate']>[0], 'conditions' | 'asking'>,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { evaluate } = await import('../experiments/evaluate.js');
  const images = Math.min(dataset.imageCount, options.limit ?? Infinity);
  const started = performance.now();
  let done = 0;
  let answered = 0;
  progress.start(dataset.title ?? benchmark.title, images * conditions.length);
  try {
    const units = evaluate({
      model,
      images: first(dataset.images(), images),
      conditions,
      scorer: benchmark.scorer,
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

async function* first(images: AsyncIterable<SampleImage>, count: number): AsyncGenerator<SampleImage> {
  let taken = 0;
  for await (const image of images) {
    if (taken++ >= count) return;
    yield image;
  }
}

/** Chance floor of every category. */
async function chanceOf(
  benchmark: Benchmark,
  dataset: Dataset,
  limit = Infinity,
): Promise<ReadonlyMap<string, number>> {
  if (!benchmark.chanceFloor) return new Map();
  const samples: SampleImage['samples'][number][] = [];
  for await (const image of first(dataset.images(), limit)) samples.push(...image.samples);
  const categories = [...new Set(samples.map(s => s.category))];
  return new Map(categories.map(c => [c, benchmark.chanceFloor!(samples.filter(s => s.category === c))]));
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-60);

import { benchmarks as packaged } from '../benchmarks/index.js';
import type { Benchmark } from '../benchmarks/types.js';
import { UsageError } from '../errors.js';
import type { Experiment, Results } from '../experiments/types.js';
import { checkJudge, judgeCache } from '../judge/run.js';
import { timed } from '../timings.js';
import { undisturbed, type Work } from '../work.js';
import { type Answered, createAnswered } from './answered.js';
import { requireFetched } from './missing-model.js';
import { openBenchmarks } from './open-benchmarks.js';
import { type CommonOptions, commonOptions } from './options.js';
import { graderOf, noticesOf } from './protocol.js';
import type { Job } from './run-one.js';
import { selectImages } from './select-images.js';
import { resolveSettings } from './settings.js';
import type { Shard } from './shard.js';
import { readResults } from './stored-result.js';
import { chooseModels, readSuite } from './suite.js';
import { firstBackendFor, threadsFor } from './threads.js';
import type { Workers } from './workers.js';

/** What an experiment that ran has to say: its records are on disk, and here. */
export interface Outcome {
  readonly suite: string;
  readonly ran: Results;
  /** Folders of the runs, in the order of the results. */
  readonly runs: readonly string[];
  /** The part of the images that these are the results of; null for all. */
  readonly shard: Shard | null;
  /** The experiment's settings, defaults filled in. */
  readonly options: Readonly<CommonOptions>;
}

/** What a run may be given beside its settings. */
export interface RunContext {
  /** Answers of earlier experiments of one call, which are not asked again. */
  readonly answered?: Answered;
  readonly work?: Work;
  /** Benchmarks beside the package's. */
  readonly benchmarks?: readonly Benchmark[];
  /** Workers of earlier experiments of one call; without them a call with `workers` starts its own. */
  readonly workers?: Workers;
  /** What a worker's share is kept by: see `Job`. */
  readonly share?: Job['share'];
}

/** The settings of an experiment: its own and the common ones, each with its default. */
export type SettingsOf<E extends Experiment> = Partial<CommonOptions> &
  Partial<E['options']['_zod']['input']>;

/**
 * Runs an experiment with every model on every benchmark asked for: engine, data and models are opened, records go to the
 * run's folder an image at a time. A run that is finished already is read, one that stopped goes on. When the work's signal
 * aborts, the image in progress is finished and stored, then UserError. UsageError on settings that do not fit, before anything is opened.
 *
 * @param given settings as the command line has them (`maxNewTokens` for `--max-new-tokens`); each has its default
 */
export async function runExperiment<E extends Experiment>(
  experiment: E,
  given: SettingsOf<E>,
  { answered = createAnswered(), work = undisturbed, benchmarks = [], workers, share }: RunContext = {},
): Promise<Outcome> {
  const { progress } = work;
  const options = optionsOf(experiment, given);
  const settings = resolveSettings(options, process.env);
  const { subject, selection, place } = settings;
  const { shard } = selection;
  const suite = readSuite(subject.suite);
  if (shard && experiment.kind === 'measures' && experiment.undivided) {
    throw new UsageError(`${experiment.name} needs all images together; leave out --shard`);
  }
  const choices = chooseModels(suite, subject.model, experiment.withRetrained);
  for (const { path, visionTower } of choices) {
    await requireFetched(path);
    if (visionTower !== undefined) await requireFetched(visionTower);
  }
  const folders = choices.map(({ path }) => path);
  if (settings.given.workers !== '1') {
    const { thisMachine, workerPlaces } = await import('./worker-places.js');
    const { backend } = settings.engine;
    const places = workerPlaces(settings.given, folders, shard !== null, await thisMachine(backend));
    if (places.length > 1) {
      const { createWorkers } = await import('./workers.js');
      const theirs = workers ?? createWorkers();
      try {
        const runs = await theirs.run(places, experiment, options, { work, benchmarks });
        const known = [...Object.values<Benchmark>(packaged), ...benchmarks];
        const ran = await readResults(experiment, runs, known);
        return { suite: choices[0]!.suite, ran, runs, shard: null, options };
      } finally {
        if (!workers) theirs.close();
      }
    }
  }
  const opened = await openBenchmarks(suite, subject, progress, benchmarks);
  const asked: Pick<Job, 'benchmark' | 'dataset' | 'selected'>[] = [];
  for (const { benchmark, dataset } of opened) {
    const language = experiment.kind === 'asks' ? graderOf(settings.asking, benchmark).language : undefined;
    if (language) await checkJudge(language, judgeCache(place.results), work);
    asked.push({ benchmark, dataset, selected: await selectImages(dataset, selection) });
  }
  // TensorFlow.js loads here, after what may be wrong with the call.
  const { runningEngine, startEngine } = await import('../engine/backend.js');
  const { openModel } = await import('../models/open-model.js');
  const { askOne, measureOne } = await import('./run-one.js');
  const threads = threadsFor(settings.engine.threads, folders);
  const already = runningEngine();
  if (already && settings.engine.backend !== 'auto' && settings.engine.backend !== already.name) {
    throw new UsageError(
      `backend ${settings.engine.backend} was asked for, but ${already.name} runs in this process: stop it first, or leave out backend`,
    );
  }
  const engine =
    already ??
    (await timed('starting the engine', () =>
      startEngine({ ...settings.engine, first: firstBackendFor(folders), threads }),
    ));
  const runs: string[] = [];

  /** One run for each model and benchmark. */
  async function each<R>(
    runOne: (job: Job, work: Work) => Promise<{ result: R; dir: string }>,
  ): Promise<R[]> {
    const results: R[] = [];
    for (const choice of choices) {
      if (shard && !share) progress.say(`shard ${shard.index} of ${shard.count}`);
      progress.say(`suite ${choice.suite}, model ${choice.title}, engine ${engine.description}`);
      const model = await timed('loading the model', () =>
        openModel(choice.path, {
          visionTower: subject.visionTower ?? choice.visionTower,
          memoryLimit: engine.memory.limit,
          ...settings.weights,
          progress,
        }),
      );
      if (model.streamed) progress.say('the weights of the decoder are streamed: read anew for each pass');
      for (const notice of noticesOf(settings.asking, model)) progress.say(notice);
      try {
        for (const questions of asked) {
          progress.within?.(results.length + 1, choices.length * asked.length);
          const job: Job = { settings, choice, ...questions, model, engine, answered, share };
          const { result, dir } = await runOne(job, work);
          results.push(result);
          runs.push(dir);
        }
      } finally {
        model.dispose();
      }
    }
    return results;
  }

  try {
    const ran: Results =
      experiment.kind === 'asks'
        ? { kind: 'asks', experiment, results: await each((job, w) => askOne(experiment, job, w)) }
        : { kind: 'measures', experiment, results: await each((job, w) => measureOne(experiment, job, w)) };
    return { suite: choices[0]!.suite, ran, runs, shard, options };
  } finally {
    // An engine that ran before holds the caller's models.
    if (!already) await engine.stop();
  }
}

/** All settings of an experiment, checked; what was not given has its default. */
export function optionsOf<E extends Experiment>(
  experiment: E,
  given: SettingsOf<E>,
): Readonly<CommonOptions & E['options']['_zod']['output']> {
  const bench = commonOptions.shape.bench.unwrap().default([...(experiment.bench ?? ['2ds'])]);
  const schema = commonOptions.extend({ bench, ...experiment.options.shape });
  const { data, error } = schema.safeParse(given);
  if (data) return data as CommonOptions & E['options']['_zod']['output'];
  const [issue] = error!.issues;
  const what = issue!.code === 'unrecognized_keys' ? issue!.keys[0] : issue!.path.join('.');
  throw new UsageError(
    `${experiment.name}: setting "${what}": ${issue!.message}; settings are: ${Object.keys(schema.shape).join(', ')}`,
  );
}

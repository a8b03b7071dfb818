import type { Benchmark, Dataset } from '../benchmarks/types.js';
import type { Engine } from '../engine/backend.js';
import { withControls } from '../experiments/controls.js';
import { evaluate } from '../experiments/evaluate.js';
import type {
  AnyExperiment,
  Experiment,
  MeasuredResult,
  MeasuringExperiment,
  ModelTraits,
  RunResult,
} from '../experiments/types.js';
import { judgedResult } from '../judge/run.js';
import type { OpenedModel } from '../models/open-model.js';
import { withoutSystemPrompt } from '../models/text/prompt.js';
import { meanTextNorm } from '../observers/norms.js';
import type { RunRecord } from '../records/prediction.js';
import { shardEnding } from '../runs/merge-runs.js';
import { openRun } from '../runs/open-run.js';
import { measurementRecords, predictionRecords, type RecordFormat } from '../runs/records.js';
import type { Run } from '../runs/run.js';
import type { JsonObject } from '../runs/run-key.js';
import type { Progress, Work } from '../work.js';
import type { Answered } from './answered.js';
import { type FilledUnit, fill } from './fill.js';
import { type CommonOptions, settingsOf } from './options.js';
import { askingOf, type Setup, setUp } from './protocol.js';
import type { Selected } from './select-images.js';
import type { Shard } from './shard.js';
import { measuredResultOf, resultOf } from './stored-result.js';
import type { ModelChoice } from './suite.js';

/** A model to be run on a benchmark by an experiment. */
export interface Job<E extends AnyExperiment = AnyExperiment> {
  readonly experiment: E;
  readonly options: Readonly<CommonOptions>;
  readonly choice: ModelChoice;
  readonly model: OpenedModel;
  readonly benchmark: Benchmark;
  readonly dataset: Dataset;
  readonly selected: Selected;
  readonly engine: Engine;
  readonly shard: Shard | null;
  /** What this call has asked before. */
  readonly answered: Answered;
}

/** One run: what its folder lacks is done, then it is read back whole. */
export const runOne = (job: Job, work: Work): Promise<{ result: RunResult | MeasuredResult; dir: string }> =>
  'measure' in job.experiment
    ? measureOne(job as Job<MeasuringExperiment>, work)
    : askOne(job as Job<Experiment>, work);

async function askOne(job: Job<Experiment>, work: Work) {
  const { experiment, options, choice, benchmark, dataset, selected, model, answered } = job;
  const setup = setUp(options, model, benchmark);
  const traits = traitsOf(model, choice, setup.asking.template);
  const conditions = withControls(experiment.conditions(options, traits), options);
  const observe = await experiment.observe?.(options, traits);
  const run = await openJobsRun(job, predictionRecords, setup, work.progress, {
    conditions: conditions.map(c => ({
      name: c.name,
      image: c.image,
      ...(c.systemPrompt === false && { systemPrompt: false }),
      does: c.interventions.map(i => i.name),
    })),
    ...(observe && { observes: ownOptions(experiment, options) }),
  });
  // Observed answers carry measures that other experiments' do not.
  const source = observe ? null : JSON.stringify([model.fingerprint, dataset.fingerprint, dataset.split]);
  try {
    if (!run.finished) {
      const units = evaluate({
        model,
        images: selected.images,
        conditions,
        scorer: setup.scorer,
        asking: setup.asking,
        observe,
        isDone: run.isDone,
        ...(source !== null && { known: (image, condition) => answered.of(source, image, condition) }),
      });
      const label = `${dataset.title ?? benchmark.title}, ${choice.title}`;
      const filled = asFilled(units, ({ predictions }) => ({ records: predictions, steps: 1 }));
      await fill(run, filled, { label, steps: selected.images.length * conditions.length }, work);
    }
    const result = await resultOf(run, [benchmark]);
    if (source !== null) answered.add(source, conditions, result.predictions);
    const judged = await judgedResult(setup.language, options.results, run.dir, result, work);
    return { dir: run.dir, result: judged };
  } finally {
    await run.close();
  }
}

async function measureOne(job: Job<MeasuringExperiment>, work: Work) {
  const { experiment, options, choice, benchmark, dataset, selected, model } = job;
  // Nothing is graded.
  const setup = { asking: askingOf(options, model, benchmark), judge: 'none' };
  const run = await openJobsRun(job, measurementRecords, setup, work.progress, {
    measures: ownOptions(experiment, options),
  });
  try {
    if (!run.finished) {
      const subject = { model, images: selected.images, asking: setup.asking, isDone: run.isDone };
      const units = experiment.measure(subject, options);
      const label = `${dataset.title ?? benchmark.title}, ${choice.title}`;
      const filled = asFilled(units, ({ measurements, images, ...rest }) => ({
        records: measurements,
        steps: images,
        ...rest,
      }));
      await fill(run, filled, { label, steps: selected.images.length }, work);
    }
    return { dir: run.dir, result: await measuredResultOf(run) };
  } finally {
    await run.close();
  }
}

/** Opens the run's folder: its key is made from all that can change a record, `own` being the experiment's part of it. */
function openJobsRun<R extends RunRecord>(
  job: Job,
  format: RecordFormat<R>,
  setup: Pick<Setup, 'asking' | 'judge'>,
  progress: Progress,
  own: JsonObject,
): Promise<Run<R>> {
  const { experiment, options, choice, benchmark, dataset, selected, model, engine, shard } = job;
  return openRun({
    root: options.results,
    suite: choice.suite,
    experiment: experiment.name,
    name: slug(`${choice.title}-${benchmark.name}`) + (shard ? shardEnding(shard) : ''),
    parts: {
      model: model.fingerprint,
      benchmark: benchmark.name,
      split: dataset.split,
      data: dataset.fingerprint,
      ...own,
      ...setup.asking,
      judge: setup.judge,
      engine: engine.name,
      offset: options.offset,
      limit: options.limit ?? null,
      ...(options.sample !== undefined && { sample: options.sample }),
      ids: options.ids ?? null,
      ...(shard && { shard: { ...shard } }),
    },
    manifest: {
      options: JSON.parse(JSON.stringify(options)),
      model: {
        title: choice.title,
        path: choice.path,
        visionTokens: model.llava.visionTokenCount,
        ...(choice.retrainedFor !== undefined && { retrainedFor: choice.retrainedFor }),
      },
      protocol: options.protocol,
      benchmark: { title: dataset.title ?? benchmark.title, layout: dataset.layout, ...selected.all },
      engine: engine.description,
      node: process.version,
    },
    format,
    resume: options.resume,
    onNotice: text => progress.say(text),
  });
}

function traitsOf(
  { llava }: OpenedModel,
  { title, retrainedFor }: ModelChoice,
  template: string,
): ModelTraits {
  const visionTokens = llava.visionTokenCount;
  return {
    title,
    visionTokens,
    grid: Math.round(Math.sqrt(visionTokens)),
    layers: llava.config.text.layers,
    meanTextNorm: () => meanTextNorm(llava),
    heads: llava.config.text.heads,
    systemPrompt: withoutSystemPrompt(template) !== template,
    ...(retrainedFor !== undefined && { retrainedFor }),
  };
}

/** The settings that are the experiment's own, as plain JSON. */
const ownOptions = ({ options: schema }: AnyExperiment, options: Readonly<CommonOptions>): JsonObject =>
  JSON.parse(JSON.stringify(settingsOf(schema, options)));

async function* asFilled<T, R extends RunRecord>(
  units: AsyncIterable<T>,
  filled: (unit: T) => FilledUnit<R>,
): AsyncGenerator<FilledUnit<R>> {
  for await (const unit of units) yield filled(unit);
}

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(-60);

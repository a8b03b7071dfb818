import type { z } from 'zod';
import type { Benchmark, Dataset } from '../benchmarks/types.js';
import type { Engine } from '../engine/backend.js';
import { checkConditions, conditionRecord, withControls } from '../experiments/condition.js';
import { evaluate } from '../experiments/evaluate.js';
import type { AskingExperiment, Experiment, MeasuringExperiment, ModelTraits } from '../experiments/types.js';
import { judgedResult } from '../judge/run.js';
import type { OpenedModel } from '../models/open-model.js';
import { withoutSystemPrompt } from '../models/text/prompt.js';
import { meanTextNorm } from '../observers/norms.js';
import type { JsonObject } from '../records/json.js';
import type { RunRecord } from '../records/prediction.js';
import type { MeasuredResult, RunResult } from '../records/result.js';
import { shardEnding } from '../runs/merge-runs.js';
import { isFinished, openRun } from '../runs/open-run.js';
import { measurementRecords, predictionRecords, type RecordFormat } from '../runs/records.js';
import type { Run } from '../runs/run.js';
import type { Progress, Work } from '../work.js';
import type { Answered } from './answered.js';
import { type FilledUnit, fill } from './fill.js';
import { settingsOf } from './options.js';
import { originOf } from './plugins.js';
import { askingOf, type Setup, setUp } from './protocol.js';
import type { Selected } from './select-images.js';
import type { Settings } from './settings.js';
import { measuredResultOf, resultOf } from './stored-result.js';
import type { ModelChoice } from './suite.js';

/** A model to be run on a benchmark. */
export interface Job {
  readonly settings: Settings;
  readonly choice: ModelChoice;
  readonly model: OpenedModel;
  readonly benchmark: Benchmark;
  readonly dataset: Dataset;
  readonly selected: Selected;
  readonly engine: Engine;
  /** What this call has asked before. */
  readonly answered: Answered;
  /** Where a worker keeps its share until all are joined, and whether it goes on with what is there. */
  readonly share?: { readonly root: string; readonly resume: boolean } | undefined;
}

/** One run of an experiment that asks: what its folder lacks is asked, then it is read back whole. */
export async function askOne(
  experiment: AskingExperiment,
  job: Job,
  work: Work,
): Promise<{ result: RunResult; dir: string }> {
  const { settings, choice, benchmark, dataset, selected, model, answered } = job;
  const { shard } = settings.selection;
  const options = ownOptions(experiment, settings);
  const setup = setUp(settings.asking, model, benchmark);
  const traits = traitsOf(model, choice, setup.asking.template);
  const conditions = withControls(experiment.conditions(options, traits), settings.controls);
  checkConditions(conditions);
  const observe = await experiment.observe?.(options, traits);
  const run = await openJobsRun(experiment, job, predictionRecords, setup, work.progress, {
    conditions: conditions.map(condition => plain(conditionRecord(condition))),
    ...(observe && { observes: plain(options) }),
  });
  // Observed answers carry measures that other experiments' do not.
  const source = observe ? null : JSON.stringify([model.fingerprint, dataset.fingerprint, dataset.split]);
  try {
    if (run.finished) work.progress.say(`${run.dir} is finished already: nothing is asked anew`);
    else {
      const units = evaluate({
        model,
        images: selected.images,
        conditions,
        scorer: setup.scorer,
        asking: setup.asking,
        observe,
        isDone: run.isDone,
        ...(shard && { placeOf: (i: number) => i * shard.count + shard.index - 1 }),
        ...(source !== null && { known: (image, condition) => answered.of(source, image, condition) }),
      });
      const label = `${dataset.title ?? benchmark.title}, ${choice.title}`;
      const filled = asFilled(units, ({ predictions }) => ({ records: predictions, steps: 1 }));
      await fill(run, filled, { label, steps: selected.images.length * conditions.length }, work);
    }
    const result = await resultOf(run, experiment, [benchmark]);
    if (source !== null) answered.add(source, conditions, result.predictions);
    const judged = await judgedResult(setup.language, settings.place.results, run.dir, result, work);
    return { dir: run.dir, result: judged };
  } finally {
    await run.close();
  }
}

/** The same of an experiment that measures. */
export async function measureOne(
  experiment: MeasuringExperiment,
  job: Job,
  work: Work,
): Promise<{ result: MeasuredResult; dir: string }> {
  const { settings, choice, benchmark, dataset, selected, model } = job;
  const options = ownOptions(experiment, settings);
  // Nothing is graded.
  const setup = { asking: askingOf(settings.asking, model, benchmark), judge: 'none' };
  const run = await openJobsRun(experiment, job, measurementRecords, setup, work.progress, {
    measures: plain(options),
  });
  try {
    if (run.finished) work.progress.say(`${run.dir} is finished already: nothing is asked anew`);
    else {
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
    return { dir: run.dir, result: await measuredResultOf(run, experiment) };
  } finally {
    await run.close();
  }
}

/**
 * Opens the run's folder: its key is made from all that can change a record, `own` being the experiment's part of it. A worker
 * finds the whole run in the place of its share where that is finished.
 */
async function openJobsRun<R extends RunRecord>(
  experiment: Experiment,
  job: Job,
  format: RecordFormat<R>,
  setup: Pick<Setup, 'asking' | 'judge'>,
  progress: Progress,
  own: JsonObject,
): Promise<Run<R>> {
  const { settings, choice, benchmark, dataset, selected, model, engine } = job;
  const { selection, place, given } = settings;
  const { offset, limit, sample, ids, shard } = selection;
  const whole = {
    root: place.results,
    suite: choice.suite,
    experiment: experiment.name,
    name: slug(`${choice.title}-${benchmark.name}`),
    parts: {
      model: model.fingerprint,
      benchmark: benchmark.name,
      split: dataset.split,
      data: dataset.fingerprint,
      ...own,
      ...setup.asking,
      judge: setup.judge,
      engine: engine.name,
      ...pluginsIn(experiment, benchmark),
      offset,
      limit: limit ?? null,
      ...(sample !== undefined && { sample }),
      ids: ids ? [...ids] : null,
    },
    manifest: {
      options: plain(given),
      model: {
        title: choice.title,
        path: choice.path,
        visionTokens: model.llava.visionTokenCount,
        variant: choice.variant,
        trainingSeed: choice.trainingSeed,
        ...(choice.retrainedFor !== undefined && { retrainedFor: choice.retrainedFor }),
      },
      protocol: settings.asking.protocol,
      benchmark: { title: dataset.title ?? benchmark.title, layout: dataset.layout, ...selected.all },
      engine: engine.description,
      node: process.version,
    },
    format,
    resume: place.resume,
    onNotice: (text: string) => progress.say(text),
  };
  if (!shard) return openRun(whole);
  const { share } = job;
  if (share && place.resume && (await isFinished(whole))) return openRun(whole);
  const { name, parts } = whole;
  return openRun({
    ...whole,
    name: name + shardEnding(shard),
    parts: { ...parts, shard: { ...shard } },
    ...share,
  });
}

function traitsOf({ llava }: OpenedModel, family: ModelChoice, template: string): ModelTraits {
  const { title, variant, trainingSeed, retrainedFor } = family;
  const visionTokens = llava.visionTokenCount;
  return {
    title,
    variant,
    trainingSeed,
    ...(retrainedFor !== undefined && { retrainedFor }),
    visionTokens,
    grid: Math.round(Math.sqrt(visionTokens)),
    layers: llava.config.text.layers,
    meanTextNorm: () => meanTextNorm(llava),
    heads: llava.config.text.heads,
    systemPrompt: withoutSystemPrompt(template) !== template,
  };
}

/** The plug-ins that a run depends on, by the digests of their files. */
function pluginsIn(...parts: readonly object[]): JsonObject {
  const digests = parts.flatMap(part => originOf(part)?.sha256 ?? []);
  return digests.length > 0 ? { plugins: digests } : {};
}

/** The settings that are the experiment's own. */
const ownOptions = <S extends z.ZodObject>({ options }: { readonly options: S }, { given }: Settings) =>
  options.parse(settingsOf(options, given));

/** A value as JSON has it: nothing undefined, nothing shared. */
const plain = (value: unknown): JsonObject => JSON.parse(JSON.stringify(value));

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

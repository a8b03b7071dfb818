/**
 * The library's public face: models, interventions, observers, experiments, benchmarks and runs, as the command line uses them.
 * TensorFlow.js loads with this module; `openModel` and `runExperiment` start an engine where none runs.
 */
export { benchmarks } from './benchmarks/index.js';
export type { Benchmark, Dataset, Sample, SampleImage } from './benchmarks/types.js';
export { type Engine, type EngineOptions, runningEngine, startEngine } from './engine/backend.js';
export { UsageError, UserError } from './errors.js';
export {
  type Answer,
  type Asking,
  answerQuestions,
  type PutQuestions,
  putQuestions,
} from './experiments/answer.js';
export {
  blank,
  type Condition,
  noSystemPrompt,
  original,
  permuted,
  textOnly,
} from './experiments/condition.js';
export { type EvaluationJob, evaluate, type Unit } from './experiments/evaluate.js';
export { experiments } from './experiments/index.js';
export type {
  AnswerObserver,
  AskingExperiment,
  Experiment,
  MeasuringExperiment,
  MeasuringJob,
  ModelTraits,
  Observe,
  Results,
} from './experiments/types.js';
export { loadPlugin, type PluginApi, type Plugins } from './harness/plugins.js';
export { type Outcome, type RunContext, runExperiment, type SettingsOf } from './harness/run-experiment.js';
export { readResults } from './harness/stored-result.js';
export { type Report, writeReport } from './harness/write-report.js';
export { FeatureCache, visionTokensOf } from './interventions/apply.js';
export { blankImage } from './interventions/blank-image.js';
export { interventions } from './interventions/index.js';
export { knockOut } from './interventions/knock-out.js';
export { type PermutationOrder, permute } from './interventions/permute.js';
export { type Pooling, pool } from './interventions/pool.js';
export { permutePositions } from './interventions/position-ids.js';
export { rescale } from './interventions/rescale.js';
export type { ImageContext, Intervention, Operations } from './interventions/types.js';
export {
  type Asked,
  type AskOptions,
  type Model,
  type OpenOptions,
  openModel,
  type ShownImage,
} from './library/model.js';
export type { DecoderProbe } from './models/architectures/types.js';
export type { DecoderHooks, RoleBias, Stretch, TokenInfo } from './models/decoding/stretch.js';
export { processImage } from './models/images/processor.js';
export { forward, type Llava } from './models/llava.js';
export type { OpenedModel } from './models/open-model.js';
export { meanTextNorm, textNorms, visionNorms } from './observers/norms.js';
export {
  attentionRows,
  type HiddenStates,
  hiddenStates,
  type Observer,
  similarityTo,
  type Watch,
} from './observers/observer.js';
export type { ConditionRecord, InterventionRecord } from './records/condition.js';
export type { Measurement, Prediction, RunRecord } from './records/prediction.js';
export type { MeasuredResult, RunResult, RunSource } from './records/result.js';
export type { Row, Table } from './records/table.js';
export type { Verdict } from './records/verdict.js';
export { openRun } from './runs/open-run.js';
export { listRuns, readRun } from './runs/stored-run.js';
export { scorers } from './scorers/index.js';
export type { Score, Scorer, Target } from './scorers/types.js';
export type { Work } from './work.js';

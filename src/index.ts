/**
 * The library's public face: models, interventions, experiments, benchmarks and runs, as the command line uses them.
 * TensorFlow.js loads with this module; start an engine before opening a model.
 */
export { benchmarks } from './benchmarks/index.js';
export type { Benchmark, Dataset, Sample, SampleImage } from './benchmarks/types.js';
export { type Engine, type EngineOptions, startEngine } from './engine/backend.js';
export { UsageError, UserError } from './errors.js';
export { type Answer, type Asking, answerQuestions } from './experiments/answer.js';
export type { Condition } from './experiments/condition.js';
export { type EvaluationJob, evaluate, type Unit } from './experiments/evaluate.js';
export { experiments } from './experiments/index.js';
export type {
  AskingExperiment,
  Experiment,
  MeasuringExperiment,
} from './experiments/types.js';
export { FeatureCache } from './interventions/apply.js';
export { blankImage } from './interventions/blank-image.js';
export { permute } from './interventions/permute.js';
export type { ImageContext, Intervention } from './interventions/types.js';
export { clusteredMean, clusteredStatistic } from './metrics/bootstrap.js';
export { entropy } from './metrics/entropy.js';
export { histogram } from './metrics/histogram.js';
export { holm } from './metrics/holm.js';
export { mcnemar } from './metrics/mcnemar.js';
export { pairedClusterTest } from './metrics/paired-cluster-test.js';
export { processImage } from './models/images/processor.js';
export type { Llava } from './models/llava.js';
export { type OpenedModel, openModel } from './models/open-model.js';
export type { Prediction } from './records/prediction.js';
export type { RunResult } from './records/result.js';
export type { Table } from './records/table.js';
export { openRun } from './runs/open-run.js';
export type { Score, Scorer } from './scorers/types.js';

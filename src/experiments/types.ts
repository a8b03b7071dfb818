import type { z } from 'zod';
import type { SampleImage } from '../benchmarks/types.js';
import type { ImageView } from '../models/images/processor.js';
import type { OpenedModel } from '../models/open-model.js';
import type { Figure } from '../records/figure.js';
import type { Measurement, Prediction } from '../records/prediction.js';
import type { Table } from '../records/table.js';
import type { Verdict } from '../records/verdict.js';
import type { Answer, Asking, DecoderWatch } from './answer.js';
import type { Condition } from './condition.js';

/** What conditions may depend on: the shape of the model, and what the suite says of it. */
export interface ModelTraits {
  readonly title: string;
  /** Vision tokens an image becomes, and the side of their grid. */
  readonly visionTokens: number;
  readonly grid: number;
  /** Decoder layers, and attention heads of each. */
  readonly layers: number;
  readonly heads: number;
  /** Whether its prompt has a system prompt, which a condition may leave out. */
  readonly systemPrompt: boolean;
  /** Mean L2 norm of the vocabulary's embeddings; computed when called. */
  readonly meanTextNorm: () => number;
  /** The token count that this checkpoint was trained for, where the suite's map says that it was retrained for one. */
  readonly retrainedFor?: number;
}

/** Watches the questions on one image being answered under one condition. */
export interface AnswerObserver extends DecoderWatch {
  /** What was seen of a question, once it is answered; stored with its prediction. */
  measures(question: number, answer: Answer): Readonly<Record<string, number | readonly number[]>>;
}

/** An image whose questions are observed. */
export interface ObservedImage extends SampleImage {
  /** Its place among the run's images, from 0: the same however often the run was resumed. */
  readonly place: number;
  /** What of it the model's square shows; null where no condition shows it. */
  readonly view: ImageView | null;
}

export type Observe = (model: OpenedModel, image: ObservedImage, condition: Condition) => AnswerObserver;

/** Where a run's records come from, as tables name it. */
export interface RunSource {
  readonly suite: string;
  readonly model: string;
  /** See `ModelTraits`. */
  readonly visionTokens?: number;
  readonly retrainedFor?: number;
  readonly benchmark: {
    readonly name: string;
    readonly title: string;
    readonly split: string;
    /** Best score without an image, per category; see the benchmark's chance floor. */
    readonly chance: ReadonlyMap<string, number>;
  };
  readonly seed: number;
  /** Run id, hashes of weights, data and prompt template. */
  readonly provenance: Readonly<Record<string, string>>;
}

/** The predictions of one model on one benchmark, with what tables say of them. */
export interface RunResult extends RunSource {
  readonly predictions: readonly Prediction[];
}

/** The measurements of one model on one set of images. */
export interface MeasuredResult extends RunSource {
  readonly measurements: readonly Measurement[];
}

/** What every diagnostic is, whatever it runs: S is the schema of its own options; the common ones are added. */
interface Diagnostic<S extends z.ZodObject, Result extends RunSource> {
  /** The command's name. */
  readonly name: string;
  /** The figure, table or section of the paper it reproduces. */
  readonly paper: string;
  readonly summary: string;
  readonly options: S;
  /** Benchmarks it runs on where `--bench` names none; 2DS unless given. `reproduce` takes these, or all of the suite's. */
  readonly bench?: readonly string[];
  /** The option whose value may also be given without its flag: `sweep norm`. */
  readonly argument?: string;
  /** Whether the suite's checkpoints retrained for a token count are run beside the models asked for. */
  readonly withRetrained?: boolean;
  tables(results: readonly Result[], options: z.output<S>): readonly Table[];
  figures?(results: readonly Result[], options: z.output<S>): readonly Figure[];
  /** What the results say of the paper's claims. */
  verdicts?(results: readonly Result[], options: z.output<S>): readonly Verdict[];
}

/** A diagnostic that asks a benchmark's questions under several conditions. */
export interface Experiment<S extends z.ZodObject = z.ZodObject> extends Diagnostic<S, RunResult> {
  /** UsageError where an option does not fit the model. */
  conditions(options: z.output<S>, model: ModelTraits): readonly Condition[];
  /** What to observe while questions are answered; loaded when a run begins. */
  observe?(options: z.output<S>, model: ModelTraits): Promise<Observe>;
}

/** What a measuring diagnostic is given. */
export interface MeasuringJob {
  readonly model: OpenedModel;
  readonly images: readonly SampleImage[];
  readonly asking: Asking;
  /** Units (an image under a condition) that need not be done again. */
  readonly isDone: (image: string, condition: string) => boolean;
}

/** One unit measured: an image, or '' for all of them, under one condition. Empty where it was done before or skipped. */
export interface MeasuredUnit {
  readonly measurements: readonly Measurement[];
  /** Images that this unit brings the run forward by. */
  readonly images: number;
  /** Why the image was left out; named at the end. */
  readonly skipped?: string;
}

/** A diagnostic that measures a model on images, without scoring answers. */
export interface MeasuringExperiment<S extends z.ZodObject = z.ZodObject>
  extends Diagnostic<S, MeasuredResult> {
  /** Whether its numbers need all images together, so that there are no shards. */
  readonly undivided?: boolean;
  measure(job: MeasuringJob, options: z.output<S>): AsyncGenerator<MeasuredUnit>;
}

export type AnyExperiment = Experiment | MeasuringExperiment;

import type { z } from 'zod';
import type { SampleImage } from '../benchmarks/types.js';
import type { ImageView } from '../models/images/processor.js';
import type { OpenedModel } from '../models/open-model.js';
import type { Figure } from '../records/figure.js';
import type { Measurement, Measures } from '../records/prediction.js';
import type { FamilyMember, MeasuredResult, RunResult, RunSource } from '../records/result.js';
import type { Table } from '../records/table.js';
import type { Verdict } from '../records/verdict.js';
import type { Answer, Asking, DecoderWatch } from './answer.js';
import type { Condition } from './condition.js';

/** What conditions may depend on: the shape of the model, and what the suite says of it. */
export interface ModelTraits extends FamilyMember {
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

/** What every diagnostic is, whatever it runs: S is the schema of its own options; the common ones are added. */
interface Diagnostic<S extends z.ZodObject, M extends Measures, Result extends RunSource> {
  /** The command's name. */
  readonly name: string;
  /** The figure, table or section of the paper it reproduces. */
  readonly paper: string;
  readonly summary: string;
  readonly options: S;
  /** What its records' `measures` hold; checked where they are read. Left out where it stores none. */
  readonly measures?: z.ZodType<M>;
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
export interface AskingExperiment<S extends z.ZodObject = z.ZodObject, M extends Measures = Measures>
  extends Diagnostic<S, M, RunResult<M>> {
  readonly kind: 'asks';
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
export interface MeasuringExperiment<S extends z.ZodObject = z.ZodObject, M extends Measures = Measures>
  extends Diagnostic<S, M, MeasuredResult<M>> {
  readonly kind: 'measures';
  readonly measures: z.ZodType<M>;
  /** Whether its numbers need all images together, so that there are no shards. */
  readonly undivided?: boolean;
  measure(job: MeasuringJob, options: z.output<S>): AsyncGenerator<MeasuredUnit>;
}

export type Experiment = AskingExperiment | MeasuringExperiment;

/** An experiment and the results of its runs, from which its tables are made. */
export type Results =
  | { readonly kind: 'asks'; readonly experiment: AskingExperiment; readonly results: readonly RunResult[] }
  | {
      readonly kind: 'measures';
      readonly experiment: MeasuringExperiment;
      readonly results: readonly MeasuredResult[];
    };

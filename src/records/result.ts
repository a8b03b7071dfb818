import type { ConditionRecord } from './condition.js';
import type { Measurement, Measures, Prediction } from './prediction.js';

/** What a model is in the paper's comparison (§6.1); whatever is not one of its variants is a baseline. */
export const variants = ['baseline', 'normalize', 'multilayer'] as const;
export type Variant = (typeof variants)[number];

/** What a suite says of a model beside its folder. */
export interface FamilyMember {
  /** As tables and run folders name it. */
  readonly title: string;
  readonly variant: Variant;
  /** The seed that it was trained from; 0 but for members trained once more. */
  readonly trainingSeed: number;
  /** The token count that it was retrained for (paper §3.2). */
  readonly retrainedFor?: number;
}

/** Where a run's records come from, as tables name it. */
export interface RunSource extends Omit<FamilyMember, 'title'> {
  readonly suite: string;
  /** The model's title. */
  readonly model: string;
  /** Vision tokens an image becomes. */
  readonly visionTokens?: number;
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
export interface RunResult<M extends Measures = Measures> extends RunSource {
  /** The conditions that the predictions name. */
  readonly conditions: readonly ConditionRecord[];
  readonly predictions: readonly Prediction<M>[];
}

/** The measurements of one model on one set of images. */
export interface MeasuredResult<M extends Measures = Measures> extends RunSource {
  readonly measurements: readonly Measurement<M>[];
}

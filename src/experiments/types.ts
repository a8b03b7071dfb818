import type { z } from 'zod';
import type { Intervention } from '../interventions/types.js';
import type { Prediction } from '../metrics/prediction.js';
import type { Table } from '../metrics/table.js';

/** One way of asking a benchmark's questions; every question is asked once under each condition. */
export interface Condition {
  /** Unique within a run; stored with every prediction. */
  readonly name: string;
  /** False asks the same questions with no image at all (text-only). */
  readonly image: boolean;
  readonly interventions: readonly Intervention[];
}

/** The predictions of one model on one benchmark, with what tables say of them. */
export interface RunResult {
  readonly suite: string;
  readonly model: string;
  readonly benchmark: {
    readonly name: string;
    readonly title: string;
    readonly split: string;
    /** Best score without an image, per category; see the benchmark's chance floor. */
    readonly chance: ReadonlyMap<string, number>;
  };
  readonly seed: number;
  /** Where the numbers come from: run id, hashes of weights, data and prompt template. */
  readonly provenance: Readonly<Record<string, string>>;
  readonly predictions: readonly Prediction[];
}

/**
 * A diagnostic of the paper, as data: its command, help, run and tables all follow from this.
 * S is the schema of its own options; the common ones are added.
 */
export interface Experiment<S extends z.ZodObject = z.ZodObject> {
  /** The command's name. */
  readonly name: string;
  /** The figure, table or section of the paper it reproduces. */
  readonly paper: string;
  readonly summary: string;
  readonly options: S;
  conditions(options: z.output<S>): readonly Condition[];
  tables(results: readonly RunResult[], options: z.output<S>): readonly Table[];
}

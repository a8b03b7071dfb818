import type { JsonObject } from './json.js';

/** What observers read, by name: attention entropy, norms, histogram counts, … */
export type Measures = Readonly<Record<string, number | readonly number[] | undefined>>;

/** What every line of a run says: which text, on which image, under which condition. Plain JSON values only. */
export interface RunRecord {
  /** The question's id; a caption's or an image's where that is what was measured. */
  readonly id: string;
  /** The image's id: the cluster of every statistic. */
  readonly image: string;
  readonly condition: string;
  /** The benchmark's category of the question; '' where it has none. */
  readonly category: string;
  /** Further labels that tables break results down by. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** The question (or caption) as the benchmark words it; '' where no text was put. */
  readonly question: string;
  /** Hash of the rendered prompt's token ids; '' where no prompt was run. */
  readonly promptHash: string;
  readonly measures?: Measures;
  /**
   * What the condition's interventions did to this image, each by its kind: the order that tokens were put into. Stored with
   * the first record of an image under a condition.
   */
  readonly did?: readonly InterventionReport[];
}

/** What an intervention did to one image. */
export interface InterventionReport {
  readonly kind: string;
  readonly did: JsonObject;
}

/** One question answered under one condition. Has all that a scorer and a benchmark's own metrics need. */
export interface Prediction<M extends Measures = Measures> extends RunRecord {
  readonly measures?: M;
  /** Accepted answers; empty where the split's answers are not published. */
  readonly targets: readonly string[];
  readonly choices?: readonly string[];
  /** What the model generated, unchanged. */
  readonly output: string;
  /** What the scorer took the output to say. */
  readonly answer: string;
  /** Credit in [0, 1]; NaN where the split's answers are not published. */
  readonly score: number;
  /** Smallest difference between the first and the second logit over the generated tokens: how near a flip was. */
  readonly margin: number;
}

/** One observation without an answer (norms, positions): `measures` are what it is about. */
export interface Measurement<M extends Measures = Measures> extends RunRecord {
  readonly measures: M;
}

/** The conditions of records, each once, in the order in which they come. */
export const conditionsOf = (records: readonly Pick<RunRecord, 'condition'>[]): string[] => [
  ...new Set(records.map(record => record.condition)),
];

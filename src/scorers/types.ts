/** What a scorer may know of a question besides the model's output. */
export interface Target {
  readonly question: string;
  /** Accepted answers; VQAv2 gives its ten annotators' answers, the other benchmarks one. */
  readonly targets: readonly string[];
  /** The options of a multiple-choice question, in the order they are lettered A, B, … */
  readonly choices?: readonly string[];
}

export interface Score {
  /** What the scorer took the output to say (normalised, parsed). */
  readonly answer: string;
  /** Credit in [0, 1]; fractional for VQA accuracy only; NaN where the split's answers are not published. */
  readonly score: number;
}

/** A rule that grades one output against its target. Pure: no state, no input or output. */
export type Scorer = (output: string, target: Target) => Score;

/** A scored prediction, as a benchmark's metrics consume it. */
export interface ScoredRow extends Score {
  readonly targets: readonly string[];
  readonly category: string;
  readonly labels: Readonly<Record<string, string | number>>;
}

/** One figure of a benchmark. */
export interface Metric {
  /** `accuracy`, `precision`, `recall`, `f1`, `yes-ratio`. */
  readonly name: string;
  /** Which rows it is of: '' for all, else `label = value`, or words where it is a mean of other figures. */
  readonly slice: string;
  /** A fraction, as a rule in [0, 1]; NaN where its own formula divides by zero. */
  readonly value: number;
  /** The number of rows behind it. */
  readonly n: number;
}

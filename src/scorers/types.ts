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
  /** Credit in [0, 1]; fractional for VQA accuracy only. */
  readonly score: number;
}

/** A rule that grades one output against its target. Pure: no state, no input or output. */
export type Scorer = (output: string, target: Target) => Score;

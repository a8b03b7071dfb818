import type { Metric, ScoredRow, Scorer, Target } from '../scorers/types.js';
import type { SceneObject } from '../world/scene/scene.js';

/** One question of a benchmark, with what is needed to score it and to break results down. */
export interface Sample extends Target {
  readonly id: string;
  /** The benchmark's own category of the question, e.g. `color.abs`, `Count`, `adversarial`; '' where it has none. */
  readonly category: string;
  /** Further labels that tables break results down by, e.g. { objects: 4 } or { structural: 'verify' }. */
  readonly labels: Readonly<Record<string, string | number>>;
}

/** One image with all of its questions: the unit of work. */
export interface SampleImage {
  readonly id: string;
  /** The encoded image file (PNG, JPEG, …), read on demand. */
  readonly load: () => Promise<Uint8Array>;
  readonly samples: readonly Sample[];
  /** What is in the picture and where, for benchmarks of drawn scenes. */
  readonly objects?: readonly SceneObject[];
}

/** A benchmark opened on its files. */
export interface Dataset {
  readonly benchmark: string;
  /** As tables print the benchmark, where the data says it better than `Benchmark.title`. */
  readonly title?: string;
  /** The split as tables name it, e.g. `testdev_balanced`, `popular`, `generated, seed 0`. */
  readonly split: string;
  /** What was found on disk, for people: the layout, its files and counts. */
  readonly layout: string;
  /** Hash of the data (or of what determines it); part of a run's key. */
  readonly fingerprint: string;
  /** True where the split's answers are not published (VQAv2's test splits): its scores come from a server. */
  readonly hiddenAnswers?: boolean;
  /** Questions that are not among the samples, as the data give no answer to them though they do to others. */
  readonly leftOut?: number;
  readonly imageCount: number;
  readonly sampleCount: number;
  /** Images in a stable order, each with its questions in a stable order; may be iterated more than once. */
  images(): AsyncIterable<SampleImage>;
  /** UserError that names those of these images that are not there; opened with `allImages`, none can be missing. */
  requireImages?(imageIds: readonly string[]): Promise<void>;
}

/** Which part of a benchmark's files to open; each benchmark has its default and an error that lists what is there. */
export interface OpenOptions {
  readonly split?: string;
  /** A folder that images may lie in, or that their paths may lead to, beside those of the files themselves. */
  readonly images?: string;
  /** Whether an image that is not there is an error at once (the default), or only when it is asked for. */
  readonly allImages?: boolean;
}

/** A benchmark: how its files are read, how its questions are put and scored. */
export interface Benchmark {
  /** As the command line names it: `2ds`, `gqa`, … */
  readonly name: string;
  /** As tables print it: `2DS (generated)`, `GQA`, … */
  readonly title: string;
  /** Appended to every question after a newline under the `llava` protocol; '' for none. Source: PROTOCOLS, LLaVA's evaluation scripts. */
  readonly suffix: string;
  readonly scorer: Scorer;
  /** False where answers are not graded: descriptions, to measure on. */
  readonly graded?: false;
  /** The benchmark's own figures beyond the mean score, e.g. POPE's F1 or GQA's accuracy per question type. */
  readonly metrics?: (rows: readonly ScoredRow[]) => readonly Metric[];
  /** Expected score of the best guesser that knows the question forms but not the image, per category. */
  readonly chanceFloor?: (samples: readonly Sample[]) => number;
  /** The benchmark whose data it is made of, where it has none of its own. */
  readonly data?: string;
  /** Opens a folder or file that holds the benchmark in one of its published layouts; UserError when it does not. */
  open(path: string, options?: OpenOptions): Promise<Dataset>;
}

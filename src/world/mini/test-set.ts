import type { Scene } from '../scene/scene.js';
import type { GuesserScores } from './guesser.js';
import type { MiniOptions } from './options.js';
import type { Picture } from './pictures.js';
import { type WorldOptions, worldScene } from './world.js';

/** Contents of files by path, relative to the benchmark's folder. */
type Files = Readonly<Record<string, string | Uint8Array>>;

/** One benchmark of the mini world, before it is written. */
export interface TestSet {
  readonly pictures: readonly Picture[];
  readonly files: Files;
  /** Files that hold images themselves: made when the pictures are drawn, from these by path. */
  readonly filesWithImages?: (imageAt: (path: string) => Promise<Uint8Array>) => Promise<Files>;
  readonly questions: number;
  /** Score of the best guesser without the image; undefined where nothing is asked. */
  readonly guesser?: GuesserScores;
}

/** `count` scenes of a benchmark's own test stream, biased unless `world` says otherwise. */
export const testScenes = (
  stream: string,
  count: number,
  options: MiniOptions,
  world: Partial<WorldOptions> = {},
): Scene[] =>
  Array.from({ length: count }, (_, i) => worldScene(`test ${stream}`, i, worldOf(options, world)));

/** Training scenes of the same make: what a language-only guesser learns from, and what is usual in the world. */
export const guesserScenes = (options: MiniOptions, world: Partial<WorldOptions> = {}): Scene[] =>
  Array.from({ length: 3000 }, (_, i) => worldScene('train', i, worldOf(options, world)));

const worldOf = (rules: MiniOptions, world: Partial<WorldOptions>): Partial<WorldOptions> => ({
  seed: rules.seed,
  biased: true,
  rules,
  ...world,
});

/** A number with leading zeros, as COCO names its images. */
export const padded = (id: number, digits: number): string => String(id).padStart(digits, '0');

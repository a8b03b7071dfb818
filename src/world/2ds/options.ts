import { z } from 'zod';
import { LAYOUT_RULES, type LayoutRules } from '../scene/layout.js';
import { COLORS } from '../scene/scene.js';
import { radiiError, radiiInOrder, sceneOptions } from '../scene/scene-options.js';

/** What determines a generated 2DS; the defaults are the benchmark, everything else is a variation of it. */
export const twoDsOptions = z
  .object({
    seed: z.int().nonnegative().default(0).describe('seed of object sets, positions and questions'),
    counts: z
      .array(z.int().min(2).max(COLORS.length))
      .min(1)
      .default([2, 3, 4, 5, 6])
      .describe('numbers of objects; one fixed set of objects for each'),
    imagesPerCount: z.int().positive().default(100).describe('images for each number of objects'),
    openShare: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('share of relative questions that ask for an object rather than for yes or no'),
    ...sceneOptions(LAYOUT_RULES),
  })
  .strict()
  .refine(radiiInOrder, radiiError)
  .refine(({ counts }) => new Set(counts).size === counts.length, {
    path: ['counts'],
    error: 'expected every number of objects once',
  });

export type TwoDsOptions = z.infer<typeof twoDsOptions> & LayoutRules;

/** The split that the options make, naming what differs from the defaults: `generated, seed 0`, `generated, seed 0, gap 2`. */
export function generatedSplit(options: TwoDsOptions): string {
  const defaults: Partial<Record<string, unknown>> = twoDsOptions.parse({});
  const changed = Object.entries(options).filter(
    ([key, value]) => key !== 'seed' && String(value) !== String(defaults[key]),
  );
  return ['generated', `seed ${options.seed}`, ...changed.map(([key, value]) => `${key} ${value}`)].join(
    ', ',
  );
}

/**
 * Every generated image carries its split in its file name, so that a generated file is known as one, even after it was
 * re-saved, and never taken for the authors'.
 */
export const imageName = (split: string, entryId: number): string => `2DS ${split}, image ${entryId}.png`;

/** The split that an image's name carries; undefined for an image of other origin. */
export const splitOfImage = (name: string): string | undefined =>
  /^2DS (generated, .+), image \d+\.png$/.exec(name)?.[1];

import { z } from 'zod';
import type { LayoutRules } from '../scene/layout.js';
import { WORLD_RULES } from './world.js';

const pixels = z.number().nonnegative();

/** What determines the mini world's test sets: a seed, and how hard they are. */
export const miniOptions = z
  .object({
    seed: z.int().nonnegative().default(0).describe('seed of all test scenes and questions'),
    contrast: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe('share of the distance between colours that is kept'),
    size: z.int().positive().default(WORLD_RULES.size).describe('side of the images, in pixels'),
    minRadius: z.number().positive().default(WORLD_RULES.minRadius).describe('smallest object, in pixels'),
    maxRadius: z.number().positive().default(WORLD_RULES.maxRadius).describe('largest object, in pixels'),
    border: pixels
      .default(WORLD_RULES.border)
      .describe('least distance from an object to the border, in pixels'),
    gap: pixels
      .default(WORLD_RULES.gap)
      .describe('nearest tie: least |Δx| and |Δy| between two centres, in pixels'),
    clearance: pixels
      .default(WORLD_RULES.clearance)
      .describe('least free space between two objects, in pixels'),
  })
  .strict()
  .refine(({ minRadius, maxRadius }) => minRadius <= maxRadius, {
    path: ['minRadius'],
    error: 'expected at most maxRadius',
  });

export type MiniOptions = z.infer<typeof miniOptions> & LayoutRules;

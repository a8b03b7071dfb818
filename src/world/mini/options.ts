import { z } from 'zod';
import type { LayoutRules } from '../scene/layout.js';
import { radiiError, radiiInOrder, sceneOptions } from '../scene/scene-options.js';
import { WORLD_RULES } from './world.js';

/** What determines the mini world's test sets: a seed, and how hard they are. */
export const miniOptions = z
  .object({
    seed: z.int().nonnegative().default(0).describe('seed of all test scenes and questions'),
    ...sceneOptions(WORLD_RULES),
  })
  .strict()
  .refine(radiiInOrder, radiiError);

export type MiniOptions = z.infer<typeof miniOptions> & LayoutRules;

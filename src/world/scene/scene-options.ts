import { z } from 'zod';
import type { LayoutRules } from './layout.js';

const pixels = z.number().nonnegative();

/** Settings of how scenes are laid out and drawn, with the defaults of these rules. */
export const sceneOptions = (rules: LayoutRules) => ({
  contrast: z.number().gt(0).max(1).default(1).describe('share of the distance between colours that is kept'),
  size: z.int().positive().default(rules.size).describe('side of the image, in pixels'),
  minRadius: z.number().positive().default(rules.minRadius).describe('smallest object, in pixels'),
  maxRadius: z.number().positive().default(rules.maxRadius).describe('largest object, in pixels'),
  border: pixels.default(rules.border).describe('least distance from an object to the border, in pixels'),
  gap: pixels
    .default(rules.gap)
    .describe('margin of every order: least |Δx| and |Δy| between two centres, in pixels'),
  clearance: pixels.default(rules.clearance).describe('least free space between two objects, in pixels'),
});

/** Whether the smallest object is no larger than the largest, to refine an object with `sceneOptions` by. */
export const radiiInOrder = ({ minRadius, maxRadius }: Pick<LayoutRules, 'minRadius' | 'maxRadius'>) =>
  minRadius <= maxRadius;
export const radiiError = { path: ['minRadius'], error: 'expected at most maxRadius' };

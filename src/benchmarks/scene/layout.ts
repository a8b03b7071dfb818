import { UserError } from '../../errors.js';
import type { Random } from '../../random.js';
import type { Placement } from './scene.js';

/** How objects may lie; all lengths in pixels. Smaller radii, gaps and clearances make a scene harder. */
export interface LayoutRules {
  /** Side of the square image. */
  readonly size: number;
  /** Radii are uniform between these two. */
  readonly minRadius: number;
  readonly maxRadius: number;
  /** Least distance from an object's edge (radius) to the image's border. */
  readonly border: number;
  /** Between the centres of any two objects both |Δx| and |Δy| exceed this: the margin of every order and extreme. */
  readonly gap: number;
  /** The distance of two centres exceeds the sum of their radii by more than this. */
  readonly clearance: number;
}

export const LAYOUT_RULES: LayoutRules = {
  size: 128,
  minRadius: 9,
  maxRadius: 13,
  border: 2,
  gap: 6,
  clearance: 3,
};

const ATTEMPTS_PER_OBJECT = 60;
const RESTARTS = 2000;

/** Lengths are multiples of 1/16 px: exact in float32, so that what is stored is what was drawn. */
const toGrid = (value: number) => Math.round(value * 16) / 16;

/**
 * Places `count` objects uniformly at random under `rules`, one after the other by rejection, starting over
 * when one finds no room. UserError when the rules leave no room for so many.
 */
export function sampleLayout(random: Random, count: number, rules: LayoutRules = LAYOUT_RULES): Placement[] {
  for (let restart = 0; restart < RESTARTS; restart++) {
    const placed: Placement[] = [];
    for (let attempt = 0; placed.length < count && attempt < ATTEMPTS_PER_OBJECT * count; attempt++) {
      const candidate = samplePlacement(random, rules);
      if (placed.every(other => areApart(candidate, other, rules))) placed.push(candidate);
    }
    if (placed.length === count) return placed;
  }
  throw new UserError(
    `expected room for ${count} objects of radius ${rules.minRadius}–${rules.maxRadius} in ${rules.size} px, found none in ` +
      `${RESTARTS} tries: lower the radii, the gap (${rules.gap}) or the clearance (${rules.clearance})`,
  );
}

function samplePlacement(random: Random, rules: LayoutRules): Placement {
  const radius = toGrid(rules.minRadius + random() * (rules.maxRadius - rules.minRadius));
  const inset = radius + rules.border;
  const coordinate = () => toGrid(inset + random() * (rules.size - 2 * inset));
  return { x: coordinate(), y: coordinate(), radius };
}

function areApart(a: Placement, b: Placement, rules: LayoutRules): boolean {
  const dx = Math.abs(a.x - b.x);
  const dy = Math.abs(a.y - b.y);
  return dx > rules.gap && dy > rules.gap && Math.hypot(dx, dy) > a.radius + b.radius + rules.clearance;
}

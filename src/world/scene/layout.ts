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

/** Six objects under the default rules take about 100; a million take about a second. */
const MAX_ATTEMPTS = 1_000_000;

/** Lengths are multiples of 1/16 px: exact in float32, so that what is stored is what was drawn. */
const toGrid = (value: number) => Math.round(value * 16) / 16;

/** A radius, uniform under `rules`. */
export const sampleRadius = (random: Random, rules: LayoutRules): number =>
  toGrid(rules.minRadius + random() * (rules.maxRadius - rules.minRadius));

/**
 * `count` placements, uniform among all layouts that `rules` allow (rejection of whole layouts), so no place
 * in the list is favoured. Radii are drawn, too, unless `radii` fixes them. UserError when the rules leave
 * (next to) no room.
 */
export function sampleLayout(
  random: Random,
  count: number,
  rules: LayoutRules = LAYOUT_RULES,
  radii?: readonly number[],
): Placement[] {
  const hasRoom = 2 * (rules.maxRadius + rules.border) <= rules.size;
  for (let attempt = 0; hasRoom && attempt < MAX_ATTEMPTS; attempt++) {
    const placed: Placement[] = [];
    while (placed.length < count) {
      const candidate = samplePlacement(random, rules, radii?.[placed.length] ?? sampleRadius(random, rules));
      if (!placed.every(other => areApart(candidate, other, rules))) break;
      placed.push(candidate);
    }
    if (placed.length === count) return placed;
  }
  throw new UserError(
    `expected room for ${count} objects of radius ${rules.minRadius}–${rules.maxRadius} in ${rules.size} px, found ` +
      `${hasRoom ? `none in ${MAX_ATTEMPTS} tries` : 'none'}: lower the radii, the gap (${rules.gap}) or the clearance (${rules.clearance})`,
  );
}

function samplePlacement(random: Random, rules: LayoutRules, radius: number): Placement {
  const inset = radius + rules.border;
  const coordinate = () => toGrid(inset + random() * (rules.size - 2 * inset));
  return { x: coordinate(), y: coordinate(), radius };
}

function areApart(a: Placement, b: Placement, rules: LayoutRules): boolean {
  const dx = Math.abs(a.x - b.x);
  const dy = Math.abs(a.y - b.y);
  return dx > rules.gap && dy > rules.gap && Math.hypot(dx, dy) > a.radius + b.radius + rules.clearance;
}

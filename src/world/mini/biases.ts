import type { Color, Kind, Shape } from '../scene/scene.js';

/**
 * What makes the mini world's scenes unlike a uniform draw, as natural images are: some shapes are common, most
 * shapes have a usual colour, and some shapes keep company. POPE's popular and adversarial splits live on this.
 */
const SHAPE_POPULARITY: Readonly<Record<Shape, number>> = {
  circle: 4,
  square: 3,
  triangle: 2.5,
  star: 2,
  diamond: 1.5,
  cross: 1,
};

export const USUAL_COLOR: Readonly<Record<Shape, Color>> = {
  circle: 'red',
  square: 'blue',
  triangle: 'yellow',
  star: 'orange',
  diamond: 'purple',
  cross: 'green',
};

/** The shape that is often seen with a shape. */
export const COMPANION: Readonly<Record<Shape, Shape>> = {
  circle: 'square',
  square: 'circle',
  triangle: 'star',
  star: 'triangle',
  diamond: 'cross',
  cross: 'diamond',
};

/** How much more often a shape comes in its usual colour than in any other one. */
const USUAL_COLOR_WEIGHT = 4;

/** How much more often a shape comes when its companion is there and it is not. */
const COMPANY_WEIGHT = 4;

/** How much more often a shape comes in a group scene when it is there already: things of one sort come in groups. */
const GROUP_WEIGHT = 8;

/**
 * The relative frequency of a kind as the next object beside those that are there already.
 *
 * @param isGroup whether the scene shows a group of things of one shape
 */
export function kindWeight(kind: Kind, present: readonly Kind[], isGroup: boolean): number {
  const has = (shape: Shape) => present.some(other => other.shape === shape);
  const group = isGroup && has(kind.shape) ? GROUP_WEIGHT : 1;
  const company = has(COMPANION[kind.shape]) && !has(kind.shape) ? COMPANY_WEIGHT : 1;
  const usual = USUAL_COLOR[kind.shape] === kind.color ? USUAL_COLOR_WEIGHT : 1;
  return SHAPE_POPULARITY[kind.shape] * usual * company * group;
}

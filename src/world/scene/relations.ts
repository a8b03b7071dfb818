import type { Kind, Placement } from './scene.js';

/** What a question asks for, and by what it names objects: the rows of the paper's Table 2. */
export const ATTRIBUTES = ['color', 'shape', 'shape_color'] as const;
export type Attribute = (typeof ATTRIBUTES)[number];

export const SIDES = ['left', 'right', 'top', 'bottom'] as const;
export type Side = (typeof SIDES)[number];

export const RELATIONS = ['left of', 'right of', 'above', 'below'] as const;
export type Relation = (typeof RELATIONS)[number];

/** The side of the image that a relation points to: A is above B when A lies further to the top than B. */
const SIDE_OF: Readonly<Record<Relation, Side>> = {
  'left of': 'left',
  'right of': 'right',
  above: 'top',
  below: 'bottom',
};

type Centre = Pick<Placement, 'x' | 'y'>;

/** How far a centre lies towards a side, in pixels: larger is further. */
function reach(side: Side, { x, y }: Centre): number {
  switch (side) {
    case 'left':
      return -x;
    case 'right':
      return x;
    case 'top':
      return -y;
    case 'bottom':
      return y;
  }
}

/** True when `a` stands in the relation to `b` by more than `margin` pixels, centre to centre. */
export function holds(relation: Relation, a: Centre, b: Centre, margin = 0): boolean {
  const side = SIDE_OF[relation];
  return reach(side, a) - reach(side, b) > margin;
}

/** The objects from the one furthest towards `side` to the one furthest from it. */
export function ordered<T extends Centre>(objects: readonly T[], side: Side): T[] {
  return [...objects].sort((a, b) => reach(side, b) - reach(side, a));
}

/** The object furthest towards `side`, when it leads every other by more than `margin` pixels. */
export function extreme<T extends Centre>(objects: readonly T[], side: Side, margin = 0): T | undefined {
  const [first, second] = ordered(objects, side);
  if (!first || !second) return first;
  return reach(side, first) - reach(side, second) > margin ? first : undefined;
}

/**
 * The one object that stands in the relation to `anchor`; undefined when none or several do, or when any
 * object is within `margin` pixels of the anchor along that direction.
 */
export function onlyOne<T extends Centre>(
  objects: readonly T[],
  relation: Relation,
  anchor: T,
  margin = 0,
): T | undefined {
  const others = objects.filter(object => object !== anchor);
  const beyond = others.filter(object => holds(relation, object, anchor, margin));
  const behind = others.filter(object => holds(relation, anchor, object, margin));
  return beyond.length === 1 && beyond.length + behind.length === others.length ? beyond[0] : undefined;
}

/** An object's attribute as an answer gives it: `red`, `circle`, `red circle`. */
export function attributeOf(kind: Kind, attribute: Attribute): string {
  switch (attribute) {
    case 'color':
      return kind.color;
    case 'shape':
      return kind.shape;
    case 'shape_color':
      return `${kind.color} ${kind.shape}`;
  }
}

/** An object as a question names it: `red object`, `circle`, `red circle`. */
export const nameOf = (kind: Kind, attribute: Attribute): string =>
  attribute === 'color' ? `${kind.color} object` : attributeOf(kind, attribute);

/** What a question about the attribute asks for. */
const ASKED: Readonly<Record<Attribute, string>> = { color: 'color', shape: 'shape', shape_color: 'object' };

/** "What color is at the top of the image?": the attribute of `extreme(objects, side)`. */
export const absoluteQuestion = (attribute: Attribute, side: Side): string =>
  `What ${ASKED[attribute]} is at the ${side} of the image?`;

/** "What shape is below the square?": the attribute of `onlyOne(objects, relation, anchor)`. */
export const openQuestion = (attribute: Attribute, relation: Relation, anchor: Kind): string =>
  `What ${ASKED[attribute]} is ${relation} the ${nameOf(anchor, attribute)}?`;

/** "Is the circle below the square?": whether `holds(relation, a, b)`. */
export const yesNoQuestion = (attribute: Attribute, a: Kind, relation: Relation, b: Kind): string =>
  `Is the ${nameOf(a, attribute)} ${relation} the ${nameOf(b, attribute)}?`;

import { z } from 'zod';
import type { ImageView } from '../../models/images/processor.js';
import type { Labelled, TargetGroup } from '../../observers/stage-probes.js';
import { COLORS, type SceneObject, SHAPES } from '../../world/scene/scene.js';
import { original, permuted } from '../condition.js';

/** The conditions that tokens are probed under: in their own order and in a random one. */
export const CONDITIONS = { original, permuted: { ...permuted(), name: 'permuted' } };

/** What is told of every vision token, and of those at an object's centre, as tables name it. */
export const TARGETS = {
  row: 'row',
  column: 'column',
  sequenceRow: 'row in the sequence',
  sequenceColumn: 'column in the sequence',
  colour: 'colour of the object',
  shape: 'shape of the object',
  objectRow: 'row of the object',
  objectColumn: 'column of the object',
} as const;

export type Target = keyof typeof TARGETS;

/**
 * What is stored of a tested image: for each target tokens that its probe got right, that the probe of shuffled labels got right
 * (missing in older records), that always saying the most frequent class gets right, and tokens asked about, each a count for every
 * stage.
 */
export const probeMeasures = z.partialRecord(
  z.templateLiteral([
    z.enum(Object.keys(TARGETS) as Target[]),
    z.enum(['Right', 'Control', 'Guessed', 'Asked']),
  ]),
  z.array(z.number()).readonly(),
);

export type ProbeMeasures = z.output<typeof probeMeasures>;

/** What is told of every token. */
export const placeTargets =
  (permuted: boolean): TargetGroup =>
  side => ({
    row: side,
    column: side,
    ...(permuted && { sequenceRow: side, sequenceColumn: side }),
  });

/** What is told of the tokens at objects' centres. */
export const objectTargets: TargetGroup = side => ({
  colour: COLORS.length,
  shape: SHAPES.length,
  objectRow: side,
  objectColumn: side,
});

/**
 * Where each token's content is from, and, where the tokens are permuted, where the token stands.
 * @param order token i holds what was in cell order[i] of the grid; null in their own order
 */
export function placesOf(side: number, order: readonly number[] | null): Labelled {
  const places = Array.from({ length: side * side }, (_, i) => i);
  const cells = order ?? places;
  return {
    places,
    classes: {
      row: cells.map(cell => Math.floor(cell / side)),
      column: cells.map(cell => cell % side),
      ...(order && {
        sequenceRow: places.map(i => Math.floor(i / side)),
        sequenceColumn: places.map(i => i % side),
      }),
    },
  };
}

/** The tokens that hold objects' centres; an object that was cropped away is left out. */
export function objectsIn(
  objects: readonly SceneObject[],
  view: ImageView,
  side: number,
  order: readonly number[] | null,
): Labelled {
  const seen = objects.flatMap(({ x, y, color, shape }) => {
    const column = Math.floor((side * (x - view.left)) / view.width);
    const row = Math.floor((side * (y - view.top)) / view.height);
    const inside = [row, column].every(place => place >= 0 && place < side);
    const cell = row * side + column;
    return inside ? [{ row, column, color, shape, place: order ? order.indexOf(cell) : cell }] : [];
  });
  return {
    places: seen.map(o => o.place),
    classes: {
      colour: seen.map(o => COLORS.indexOf(o.color)),
      shape: seen.map(o => SHAPES.indexOf(o.shape)),
      objectRow: seen.map(o => o.row),
      objectColumn: seen.map(o => o.column),
    },
  };
}

import { patchGrid } from '../models/config/config.js';
import type { ImageView } from '../models/images/processor.js';
import type { Llava } from '../models/llava.js';
import type { SceneObject } from '../world/scene/scene.js';
import { cellsOf, type Grid, gridOn } from './attention/target.js';

/** Where a model's vision tokens lie on the image that its square shows as `view`; undefined where they are no square grid. */
export function gridOf({ config: { vision }, visionTokenCount }: Llava, view: ImageView): Grid | undefined {
  const side = Math.round(Math.sqrt(visionTokenCount));
  if (side * side !== visionTokenCount) return undefined;
  return gridOn(view, side, (patchGrid(vision) * vision.patchSize) / vision.imageSize);
}

/** The cells of each object of a drawn scene; one that two reach into is the first's. Undefined where they are not known. */
export function objectCells(
  model: Llava,
  view: ImageView | null,
  objects: readonly SceneObject[] | undefined,
): readonly (readonly number[])[] | undefined {
  const grid = view && objects && gridOf(model, view);
  if (!grid) return undefined;
  const taken = new Set<number>();
  return objects.map(object => {
    const cells = cellsOf([object], grid).filter(cell => !taken.has(cell));
    for (const cell of cells) taken.add(cell);
    return cells;
  });
}

import { type Random, seededRandom, shuffled } from '../../random.js';
import { sampleLayout, sampleRadius } from '../scene/layout.js';
import { COLORS, type Kind, type Scene, SHAPES } from '../scene/scene.js';
import type { TwoDsOptions } from './options.js';
import { createQuestioner, type QaPair } from './questions.js';

/** One image of the benchmark before it is drawn. */
export interface TwoDsImage {
  readonly entryId: number;
  /** `2_objects` … `6_objects`. */
  readonly testCategory: string;
  readonly scene: Scene;
  /** Six: an absolute and a relative question about colour, shape, and both. */
  readonly qaPairs: readonly QaPair[];
}

/** What all images with one number of objects show. */
interface ObjectSet {
  readonly kinds: readonly Kind[];
  readonly radii: readonly number[];
}

/**
 * The images of 2DS (the paper, §5.1): `imagesPerCount` for each number of objects. All images of one number
 * show the same objects in the same sizes; only their positions vary. The same options give the same images.
 */
export function* generateTwoDs(options: TwoDsOptions): Generator<TwoDsImage> {
  const sets = objectSets(options);
  let entryId = 0;
  for (const [i, count] of options.counts.entries()) {
    const { kinds, radii } = sets[i]!;
    const ask = createQuestioner(options, count);
    for (let image = 0; image < options.imagesPerCount; image++) {
      const random = seededRandom(options.seed, '2ds layout', count, image);
      const layout = sampleLayout(random, count, options, radii);
      const objects = layout.map((placement, j) => ({ ...kinds[j]!, ...placement }));
      yield {
        entryId: entryId++,
        testCategory: `${count}_objects`,
        scene: { size: options.size, objects },
        qaPairs: ask(objects, image),
      };
    }
  }
}

/** One set for each number of objects; within a set no shape, and no colour, comes twice. */
function objectSets(options: TwoDsOptions): ObjectSet[] {
  const random = seededRandom(options.seed, '2ds objects');
  const takeShapes = evenTaker(random, SHAPES);
  const takeColors = evenTaker(random, COLORS);
  return options.counts.map(count => {
    const colors = takeColors(count);
    const kinds = takeShapes(count).map((shape, i): Kind => ({ shape, color: colors[i]! }));
    return { kinds, radii: kinds.map(() => sampleRadius(random, options)) };
  });
}

/**
 * Takes `count` elements, those first that have been the answer least often so far: each of `count` objects is
 * the answer of one question in `count`. Else a colour that is in every set would be a good blind guess.
 */
function evenTaker<T>(random: Random, list: readonly T[]): (count: number) => T[] {
  const share = new Map<T, number>(list.map(element => [element, 0]));
  return count => {
    const taken = shuffled(random, list)
      .sort((a, b) => share.get(a)! - share.get(b)!)
      .slice(0, count);
    for (const element of taken) share.set(element, share.get(element)! + 1 / count);
    return shuffled(random, taken);
  };
}

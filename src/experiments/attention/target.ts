import type { Target } from '../../scorers/types.js';
import type { SceneObject } from '../../world/scene/scene.js';

/** Words of answers that name no thing, in drawn scenes and in descriptions of photographs. */
const NO_OBJECTS: ReadonlySet<string> = new Set(
  [
    'a an the this that these those it its they their there here',
    'yes no not none nothing true false',
    'is are was were be being has have does do can',
    'of in on at to from with by for as and or but near next beside between behind front over under',
    'above below left right top bottom middle center centre side upper lower up down',
    'image images picture pictures photo photograph scene object objects color colour shape answer',
    'features feature shows show showing depicts depict displays contains captures seen visible',
    'zero one two three four five six seven eight nine ten several some many few both all each',
  ].flatMap(line => line.split(' ')),
);

/** A word of a text and where it begins. */
export interface FoundWord {
  readonly word: string;
  readonly start: number;
}

/**
 * The word that an attention map is about: the first of `wanted` that the answer has, else the answer's first word that
 * names a thing (of `red circle`, `red`). Undefined for answers without one: `yes`, `left`, `B`.
 */
export function targetWord(answer: string, wanted?: readonly string[]): FoundWord | undefined {
  const found = [...answer.matchAll(/[\p{L}\p{N}]+/gu)].map(
    (match): FoundWord => ({ word: match[0], start: match.index }),
  );
  const lower = wanted?.map(word => word.toLowerCase());
  return found.find(({ word }) => {
    const plain = word.toLowerCase();
    return lower ? lower.includes(plain) : plain.length > 1 && /\p{L}/u.test(plain) && !NO_OBJECTS.has(plain);
  });
}

/**
 * The generated token with which a word begins: the first after which the decoded text reaches into it.
 * @param decode ids → text, special tokens left out; the word's `start` is a place in the text of all ids
 */
export function firstToken(
  { start }: FoundWord,
  ids: readonly number[],
  decode: (ids: readonly number[]) => string,
): number {
  const reaches = ids.findIndex((_, i) => decode(ids.slice(0, i + 1)).length > start);
  if (reaches < 0) throw new RangeError(`firstToken: ${ids.length} tokens do not reach place ${start}`);
  return reaches;
}

/**
 * The objects of a drawn scene that a question is about, or undefined where that is not plain: the one object that the
 * accepted answer names, else (yes, no) all that the question names. A word names the object that has this colour or
 * shape; in 2DS no two objects share one.
 */
export function targetObjects(
  { question, targets }: Pick<Target, 'question' | 'targets'>,
  objects: readonly SceneObject[],
): readonly SceneObject[] | undefined {
  const answered = namedIn(targets.join(' '), objects);
  if (answered.length > 0) return answered.length === 1 ? answered : undefined;
  const asked = namedIn(question, objects);
  return asked.length > 0 ? asked : undefined;
}

function namedIn(text: string, objects: readonly SceneObject[]): readonly SceneObject[] {
  const words = new Set(text.toLowerCase().match(/\p{L}+/gu));
  return objects.filter(({ color, shape }) => words.has(color) || words.has(shape));
}

/** The grid of vision tokens as it lies on the original image, in the image's pixels. */
export interface Grid {
  /** Cells a side. */
  readonly side: number;
  readonly left: number;
  readonly top: number;
  /** Of one cell. */
  readonly width: number;
  readonly height: number;
}

/**
 * The grid of `side` × `side` vision tokens on an image of which the model's square shows `view`. `covered` is the share
 * of the square's side that its patches cover (378 of 384 pixels for patches of 14).
 */
export function gridOn(
  view: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  side: number,
  covered: number,
): Grid {
  const { left, top, width, height } = view;
  return { side, left, top, width: (width * covered) / side, height: (height * covered) / side };
}

/** The cells, row by row from 0, that the disc of any of the objects (centre and radius) reaches into. */
export function cellsOf(objects: readonly SceneObject[], grid: Grid): number[] {
  const { side, left, top, width, height } = grid;
  return Array.from({ length: side * side }, (_, i) => i).filter(i => {
    const x0 = left + (i % side) * width;
    const y0 = top + Math.floor(i / side) * height;
    return objects.some(({ x, y, radius }) => {
      const dx = x - Math.min(Math.max(x, x0), x0 + width);
      const dy = y - Math.min(Math.max(y, y0), y0 + height);
      return Math.hypot(dx, dy) < radius;
    });
  });
}

/** The cell that holds a point of the image; undefined where the model's square does not show it. */
export function cellAt({ x, y }: { readonly x: number; readonly y: number }, grid: Grid): number | undefined {
  const column = Math.floor((x - grid.left) / grid.width);
  const row = Math.floor((y - grid.top) / grid.height);
  const shown = [column, row].every(place => place >= 0 && place < grid.side);
  return shown ? row * grid.side + column : undefined;
}

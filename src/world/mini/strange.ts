import { PALETTE } from '../scene/scene.js';
import { worldVocabulary } from './vocabulary.js';
import { WORLD_RULES } from './world.js';

/** Levels of one channel that a pixel may be off a colour of the world: JPEG's. */
const NEAR = 48;
/** Share of pixels that edges between colours, softened, may take. */
const EDGES = 0.15;

/** A picture, decoded. */
interface Picture {
  readonly width: number;
  readonly height: number;
  /** RGB, row by row. */
  readonly data: Uint8Array;
}

/**
 * What of a picture or a question lies outside the world that the mini family was trained on, in words; empty where nothing does. Its
 * answers on such things mean nothing.
 */
export function strangeToMini(question: string, picture: Picture | null): string[] {
  const known = new Set(worldVocabulary());
  const words = question.toLowerCase().match(/\w+|[^\w\s]+/g) ?? [];
  const unknown = [...new Set(words.filter(word => !known.has(word)))];
  return [
    ...(picture ? strangeIn(picture) : []),
    ...(unknown.length > 0 ? [`it does not know the words ${unknown.slice(0, 8).join(', ')}`] : []),
  ];
}

function strangeIn({ width, height, data }: Picture): string[] {
  const side = WORLD_RULES.size;
  const colors = [[255, 255, 255], ...Object.values(PALETTE)];
  let strange = 0;
  for (let i = 0; i < data.length; i += 3) {
    const near = colors.some(color => color.every((level, c) => Math.abs(level - data[i + c]!) <= NEAR));
    if (!near) strange++;
  }
  return [
    ...(width === side && height === side
      ? []
      : [`its pictures are ${side}×${side}, this one is ${width}×${height}`]),
    ...((3 * strange) / data.length > EDGES
      ? ['the picture has colours that are not those of its world']
      : []),
  ];
}

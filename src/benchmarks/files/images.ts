import { createHash } from 'node:crypto';
import { printable, quoted } from '../../printable.js';

/** The largest encoded image that is read, in bytes. */
export const LARGEST_IMAGE = 1 << 28;

/** The image files that are looked for; `decodeRgb` reads them all. */
const IMAGE = /\.(jpe?g|png|webp|bmp|gif|tiff?)$/i;

/** Where a benchmark's images come from. */
export interface ImageSource {
  /** What was found for these images, for people. */
  describe(imageIds: readonly string[]): Promise<string>;
  /** What stands for their content in a fingerprint. */
  stamp(imageIds: readonly string[]): Promise<string>;
  /** Those of them that are not there, with what was looked for, before any is loaded. */
  missing(imageIds: readonly string[]): Promise<readonly string[]>;
  /** What was looked for, and where, to be said of the missing: `as "7.jpg" (or .png, …) below data`. */
  soughtAs(imageId: string): string;
  /** What brings the missing. */
  readonly advice: string;
  /** The encoded image; UserError that names it and where it was looked for. */
  load(imageId: string): Promise<Uint8Array>;
}

/** Whether a path ends as the images do that can be decoded. */
export const isImage = (path: string): boolean => IMAGE.test(path);

/** A file name without an image's extension. */
export const withoutExtension = (path: string): string => path.replace(IMAGE, '');

/** How many files are asked for their size at a time: VQAv2 has 40,504. */
const AT_ONCE = 256;

/** The results of asking about every image, a few hundred at a time. */
export async function ofEach<T>(
  imageIds: readonly string[],
  ask: (imageId: string) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let i = 0; i < imageIds.length; i += AT_ONCE) {
    results.push(...(await Promise.all(imageIds.slice(i, i + AT_ONCE).map(ask))));
  }
  return results;
}

/** One hash of every image's stamp; an image that is not there has its part in it. */
export async function stampOf(
  imageIds: readonly string[],
  stamp: (imageId: string) => Promise<string | undefined>,
): Promise<string> {
  const hash = createHash('sha256');
  const stamps = await ofEach(imageIds, stamp);
  for (let i = 0; i < stamps.length; i += AT_ONCE) {
    const part = stamps.slice(i, i + AT_ONCE).map(one => one ?? 'missing');
    hash.update(`${part.join('\n')}\n`);
  }
  return hash.digest('hex');
}

/** How many of `all` images were found as files, as a layout's description says it. */
export const describeFiles = (found: number, all: number): string =>
  `images as files, ${found} of ${all} found`;

/** The most that one message names; of 40,000 missing images the first hundred tell why. */
const MOST_NAMED = 100;

/** Names in a message, in quotes, each with what is said of it. */
export function named(names: readonly string[], say: (name: string) => string = () => ''): string {
  const told = names.slice(0, MOST_NAMED).map(name => quoted(name) + printable(say(name)));
  return told.join(', ') + (names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '');
}

import { dirname, join, relative, sep } from 'node:path';
import sharp from 'sharp';
import { messageOf } from '../../errors.js';
import { toDisk } from '../to-disk.js';
import type { ViewImage } from './view-data.js';

/** Where a page's images are: inside it, in a folder beside it, or nowhere. */
export type ImagePlace = 'inside' | 'none' | { readonly folder: string };

/** An image's encoded bytes; undefined where its data are not at hand, which is for the caller to say. */
export type FindImage = (image: ViewImage) => Promise<Uint8Array> | undefined;

/** What a page shows of its images. */
export interface Thumbnails {
  readonly place: ImagePlace;
  /** Of each image by its place in the list: a WebP file in base64, or its path relative to the page. */
  readonly shown: ReadonlyMap<number, string>;
  /** What is not shown and why, in sentences for people. */
  readonly notes: readonly string[];
}

interface ThumbnailOptions {
  /** The page's own path. */
  readonly page: string;
  /** Bytes of images that a page may hold; see `MOST_BYTES`. */
  readonly mostBytes?: number;
  /** Told how many images are done. */
  readonly onProgress?: (done: number) => void;
}

/** The longer side in pixels, inside the page and in a folder; smaller images stay as they are. */
const SIDE = { inside: 256, folder: 640 };

/** Room for a few thousand photographs: all benchmarks but VQAv2 fit, and a browser opens the page at once. */
const MOST_BYTES = 32 * 2 ** 20;

/** Images read and resized side by side. */
const AT_ONCE = 8;

/**
 * Resizes a page's images to WebP: in the list's order until `mostBytes` are full, where they go inside; all of them, and
 * larger, where they go into a folder. Files are named by number, as an image's id may be anything.
 */
export async function makeThumbnails(
  images: readonly ViewImage[],
  find: FindImage,
  place: ImagePlace,
  { page, mostBytes = MOST_BYTES, onProgress = () => {} }: ThumbnailOptions,
): Promise<Thumbnails> {
  const shown = new Map<number, string>();
  if (place === 'none') return { place, shown, notes: [] };
  const failed: string[] = [];
  let bytes = 0;
  let done = 0;
  while (done < images.length && bytes <= mostBytes) {
    const batch = images.slice(done, done + AT_ONCE);
    const side = place === 'inside' ? SIDE.inside : SIDE.folder;
    const made = await Promise.all(batch.map(image => thumbnail(find(image), side)));
    for (const result of made) {
      if (typeof result === 'string') failed.push(result);
      else if (result && place !== 'inside')
        shown.set(done, await writeImage(place.folder, page, done, result));
      else if (result) {
        bytes += result.length;
        if (bytes > mostBytes) break;
        shown.set(done, result.toString('base64'));
      }
      done++;
    }
    onProgress(done);
  }
  const notes = [];
  if (failed.length > 0) notes.push(`${counted(failed.length)} not shown, the first because: ${failed[0]}.`);
  if (done < images.length) {
    const room = `${Math.round(mostBytes / 2 ** 20)} MiB`;
    notes.push(
      `${counted(images.length - done)} not shown: the page holds ${room} of them; --images DIR puts all into a folder.`,
    );
  }
  return { place, shown, notes };
}

/** The resized image, or why there is none, for people. */
async function thumbnail(
  bytes: Promise<Uint8Array> | undefined,
  side: number,
): Promise<Buffer | string | undefined> {
  try {
    const encoded = await bytes;
    if (encoded === undefined) return undefined;
    const { width, height } = await sharp(encoded).metadata();
    return await sharp(encoded)
      .rotate()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      // Small pictures are drawn ones: lossless is smaller there, and free of smears.
      .webp(Math.max(width, height) > side ? { quality: 80 } : { lossless: true })
      .toBuffer();
  } catch (error) {
    return messageOf(error);
  }
}

async function writeImage(folder: string, page: string, index: number, webp: Buffer): Promise<string> {
  const path = join(folder, `${index}.webp`);
  await toDisk(path, webp, 'name a folder that you may write to with --images');
  return relative(dirname(page), path).split(sep).map(encodeURIComponent).join('/');
}

const counted = (n: number): string => `${n} ${n === 1 ? 'image' : 'images'}`;

import { stat } from 'node:fs/promises';
import { writePage } from '../page/write-page.js';
import { type FindImage, type ImagePlace, makeThumbnails } from './thumbnails.js';
import type { ViewImage } from './view-data.js';
import { type ViewPage, viewPage } from './view-page.js';

/** The images of a page, how to get them, and where they are to go. */
export interface PageImages {
  readonly images: readonly ViewImage[];
  readonly find: FindImage;
  readonly place: ImagePlace;
  /** Told how many images of how many are done. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** What was written, and what readers should know of it. */
export interface WrittenPage {
  readonly path: string;
  /** Of the page itself. */
  readonly bytes: number;
  readonly questions: number;
  /** Images that are shown. */
  readonly images: number;
  readonly notes: readonly string[];
}

/** Writes a page of questions with its images. UserError where it cannot be written. */
export async function writeView(
  path: string,
  page: Omit<ViewPage, 'thumbnails'>,
  { images, find, place, onProgress = () => {} }: PageImages,
): Promise<WrittenPage> {
  const thumbnails = await makeThumbnails(images, find, place, {
    page: path,
    onProgress: done => onProgress(done, images.length),
  });
  const notes = [...page.notes, ...thumbnails.notes];
  await writePage(path, viewPage({ ...page, notes, thumbnails }));
  return {
    path,
    bytes: (await stat(path)).size,
    questions: page.data.questions.id.length,
    images: thumbnails.shown.size,
    notes,
  };
}

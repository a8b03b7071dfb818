import { basename } from 'node:path';
import { z } from 'zod';
import type { Question } from './files/dataset.js';
import type { DataFile, DataFolder } from './files/folder.js';
import { imageFiles } from './files/image-files.js';
import { withoutExtension } from './files/images.js';
import { filesLike, readJson } from './files/json.js';
import { type FoundSplit, openLayouts } from './files/layouts.js';
import type { Benchmark, Dataset, OpenOptions } from './types.js';

/** What the authors ask of every COCO image. */
export const COCO_QUESTION = 'Describe the image.';

/**
 * COCO's captions as a dataset: for each captioned image one sample that asks for a description, its targets the image's
 * captions in the order of their annotation ids (so the first is `targets[0]`). Read from `captions_<split>.json` with the
 * images in a folder or archive, or from the archive of annotations as it is published; val2017 unless `split` names
 * another. Images are in the order of their ids.
 */
export function openCoco(path: string, options?: OpenOptions): Promise<Dataset> {
  return openLayouts(
    {
      benchmark: 'coco',
      title: 'COCO captions',
      expected: "COCO's captions_<split>.json with its images",
      layouts: [jsonSplits],
    },
    path,
    options,
  );
}

async function jsonSplits(folder: DataFolder, options: OpenOptions): Promise<FoundSplit[]> {
  const onDisk = folder.candidates.filter(({ disk }) => disk !== undefined);
  const archived = folder.candidates.filter(({ disk }) => disk === undefined);
  const files = [
    ...(await filesLike(onDisk, /\.json$/i, /"images"\s*:/, /"caption"\s*:/)),
    // Of a file in an archive only the head is seen, which captions and boxes have in common.
    ...(await filesLike(archived, /captions_[^/]*\.json$/i, /"images"\s*:/)),
  ];
  return files.map(({ file }) => {
    const split = basename(file.path, '.json').replace(/^captions_/, '');
    return {
      split,
      preferred: split === 'val2017',
      layout: `official JSON ${file.path}`,
      read: async () => readCaptions(folder, file, options.images),
    };
  });
}

const captionFile = z.object({
  images: z.array(z.object({ id: z.int(), file_name: z.string() })),
  annotations: z.array(z.object({ id: z.int(), image_id: z.int(), caption: z.string() })),
});

async function readCaptions(folder: DataFolder, file: DataFile, elsewhere: string | undefined) {
  const { images, annotations } = await readJson(file, captionFile);
  const captions = new Map<number, string[]>();
  for (const { image_id, caption } of annotations.sort((a, b) => a.id - b.id)) {
    const ofImage = captions.get(image_id);
    if (ofImage === undefined) captions.set(image_id, [caption]);
    else ofImage.push(caption);
  }
  const stems = new Map(images.map(({ id, file_name }) => [String(id), withoutExtension(file_name)]));
  const questions = images
    .filter(({ id }) => captions.has(id))
    .sort((a, b) => a.id - b.id)
    .map(
      ({ id }): Question => ({
        imageId: String(id),
        sample: {
          id: String(id),
          question: COCO_QUESTION,
          targets: captions.get(id)!,
          category: '',
          labels: {},
        },
      }),
    );
  return { questions, images: await imageFiles(folder, id => [stems.get(id)!], elsewhere) };
}

/** COCO's captions, to measure on: a description is not graded. */
export const coco: Benchmark = {
  name: 'coco',
  title: 'COCO captions',
  suffix: '',
  scorer: output => ({ answer: output.trim(), score: Number.NaN }),
  graded: false,
  open: openCoco,
};

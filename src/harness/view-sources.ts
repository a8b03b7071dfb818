import { z } from 'zod';
import type { Benchmark } from '../benchmarks/types.js';
import { UserError } from '../errors.js';
import type { FindImage, ImagePlace } from '../report/view/thumbnails.js';
import type { ViewPage } from '../report/view/view-page.js';
import { readRunInfo } from '../runs/run-info.js';
import type { OpenedPredictions } from './open-predictions.js';
import { imagesOfRun, type MovedData, type RunImages } from './run-images.js';

/** Settings of the commands that write a page with images. */
export const imageOptions = {
  images: z.string().min(1).default('inside').meta({
    description: 'where the images go: inside the page (32 MiB at most), a folder for them, or none',
    placeholder: 'inside|none|DIR',
  }),
  datasets: z
    .string()
    .optional()
    .meta({ description: 'folder of benchmark data; as in the run', placeholder: 'DIR' }),
  data: z.string().optional().meta({
    description: "the benchmark's files, if not in the datasets folder; as in the run",
    placeholder: 'PATH',
  }),
};

/** `--images` as the page takes it. */
export const imagePlace = (images: string): ImagePlace =>
  images === 'inside' || images === 'none' ? images : { folder: images };

/** What tells the data that were asked from others; other programs' files on one benchmark are taken to be about the same. */
export const dataOf = ({ result, source }: OpenedPredictions): string =>
  JSON.stringify([result.benchmark.name, source === null ? result.provenance.data : null]);

/** The images of all runs, by `dataOf`, and what to say of the runs: where images are no longer to be had, or answers are missing. */
export async function openImages(
  opened: readonly OpenedPredictions[],
  known: readonly Benchmark[],
  moved: MovedData,
): Promise<{ find: FindImage; notes: string[] }> {
  const byData = new Map<string, RunImages>();
  const notes: string[] = [];
  for (const one of opened.filter(({ source }) => source === null)) {
    const info = (await readRunInfo(one.path))!;
    if (!info.finished) notes.push(`${one.path} is not finished: this is what was answered so far.`);
    if (byData.has(dataOf(one))) continue;
    try {
      byData.set(dataOf(one), await imagesOfRun({ dir: one.path, info }, known, moved));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      notes.push(`Images are not shown: ${error.message}.`);
    }
  }
  if (opened.every(({ source }) => source !== null))
    notes.push('Images are not shown: other programs’ files of answers do not hold them.');
  const find: FindImage = ({ data, id }) => {
    const images = byData.get(data);
    return images && (images(id) ?? Promise.reject(new UserError(`"${id}" is not in the benchmark’s data`)));
  };
  return { find, notes };
}

/** What a page says of where answers are from. */
export function factsOf({
  path,
  result,
  source,
  date,
}: OpenedPredictions): ViewPage['runs'][number]['facts'] {
  const { suite, model, benchmark, seed, provenance } = result;
  const { file: _, ...told } = provenance;
  return {
    model,
    suite,
    benchmark: benchmark.title,
    split: benchmark.split,
    ...(source === null && { seed: String(seed) }),
    ...told,
    'stored in': source === null ? path : `${path} (${source})`,
    date: `${date.slice(0, 16).replace('T', ' ')} UTC`,
  };
}

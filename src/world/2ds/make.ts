import { rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { z } from 'zod';
import { UserError } from '../../errors.js';
import { makeFolder } from '../../make-folder.js';
import { renderScene } from '../scene/draw.js';
import { PALETTE, withContrast } from '../scene/scene.js';
import { generateTwoDs, type TwoDsImage } from './generate.js';
import { generatedSplit, imageName, twoDsOptions } from './options.js';
import { FILE_METADATA, PARQUET_SCHEMA, TWO_DS_FILE } from './schema.js';

/** Images drawn at once, and rows read at once. */
const BATCH = 50;

export type MakeTwoDsOptions = z.input<typeof twoDsOptions> & {
  /** The folder to write to; the file is `data/train-00000-of-00001.parquet` in it. */
  readonly out: string;
  readonly onProgress?: (drawn: number, total: number) => void;
};

/**
 * Generates 2DS and writes it in the authors' parquet schema. The same options give the same bytes under the
 * same versions of sharp and hyparquet-writer. UserError on invalid options and on rules that leave no room.
 */
export async function make2ds(
  options: MakeTwoDsOptions,
): Promise<{ path: string; images: number; questions: number }> {
  const { out, onProgress, ...rest } = options;
  const parsed = twoDsOptions.safeParse(rest);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new UserError(`cannot make 2DS from these options: ${issues.join('; ')}`);
  }
  const images = [...generateTwoDs(parsed.data)];
  const pngs = await draw(images, parsed.data.contrast, onProgress);
  const path = join(out, TWO_DS_FILE);
  await makeFolder(dirname(path));
  await writeFile(`${path}.part`, encode(images, pngs, generatedSplit(parsed.data)));
  await rename(`${path}.part`, path); // so that a file under the final name is always whole
  return { path, images: images.length, questions: images.reduce((n, image) => n + image.qaPairs.length, 0) };
}

async function draw(
  images: readonly TwoDsImage[],
  contrast: number,
  onProgress: MakeTwoDsOptions['onProgress'],
): Promise<Buffer[]> {
  const palette = withContrast(PALETTE, contrast);
  const pngs: Buffer[] = [];
  for (let start = 0; start < images.length; start += BATCH) {
    const batch = images.slice(start, start + BATCH);
    pngs.push(...(await Promise.all(batch.map(({ scene }) => renderScene(scene, palette)))));
    onProgress?.(pngs.length, images.length);
  }
  return pngs;
}

function encode(images: readonly TwoDsImage[], pngs: readonly Buffer[], split: string): Uint8Array {
  const bytes = parquetWriteBuffer({
    schema: PARQUET_SCHEMA,
    columnData: [
      { name: 'entry_id', data: images.map(({ entryId }) => BigInt(entryId)) },
      { name: 'test_category', data: images.map(({ testCategory }) => testCategory) },
      {
        name: 'image_filename',
        data: images.map(({ entryId }, i) => ({ bytes: pngs[i], path: imageName(split, entryId) })),
        codec: 'UNCOMPRESSED', // PNG is compressed already
        statistics: false,
      },
      { name: 'objects', data: images.map(({ scene }) => scene.objects) as object[] },
      { name: 'qa_pairs', data: images.map(({ qaPairs }) => qaPairs) as object[] },
    ],
    rowGroupSize: BATCH,
    kvMetadata: FILE_METADATA,
    createdBy: 'vlm-spatial',
  });
  return new Uint8Array(bytes);
}

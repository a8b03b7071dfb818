import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { messageOf, UserError } from '../../errors.js';
import type { SceneObject } from '../scene/scene.js';
import type { Dataset, OpenOptions, SampleImage } from '../types.js';
import { type TwoDsOptions, twoDsOptions } from './options.js';
import { parseRow, type TwoDsRow } from './rows.js';
import { isGeneratedName, optionsOf } from './schema.js';

/** An image whose objects are known: where a question's target lies can be looked up by its name. */
export interface TwoDsSampleImage extends SampleImage {
  /** Absent where the file does not give positions as ours does. */
  readonly objects?: readonly SceneObject[];
}

/** An opened 2DS file, which says itself whether it is ours or the authors'. */
export interface TwoDsDataset extends Dataset {
  /** `2DS (generated)` or `2DS (official)`. */
  readonly title: string;
  images(): AsyncIterable<TwoDsSampleImage>;
}

/**
 * Opens a 2DS parquet file, or the folder that holds one (in it or in its `data/`), generated or the authors',
 * and checks every row. Iterating holds one row group in memory. UserError when there is no such file, several,
 * or one of another layout.
 */
export async function openTwoDs(path: string, { split: wanted }: OpenOptions = {}): Promise<TwoDsDataset> {
  const filename = await findParquet(path);
  const file = await asyncBufferFromFile(filename);
  const metadata = await readMetadata(file, filename);
  const groups = rowGroups(metadata);
  const read = async ({ start, end }: RowRange): Promise<TwoDsRow[]> => {
    const rows = await parquetReadObjects({ file, metadata, rowStart: start, rowEnd: end, utf8: false });
    return rows.map((row, i) => parseRow(row, `${filename}, row ${start + i}`));
  };
  let sampleCount = 0;
  let generatedNames = false;
  for (const group of groups) {
    const rows = await read(group);
    sampleCount += rows.reduce((sum, row) => sum + row.samples.length, 0);
    generatedNames ||= rows.some(row => isGeneratedName(row.path));
  }
  const options = optionsOf(metadata.key_value_metadata ?? []);
  const generated = options !== undefined || generatedNames;
  const split = generated ? splitOf(options) : 'official';
  if (wanted !== undefined && wanted !== split) {
    throw new UserError(
      `2DS has one split, "${split}" at ${filename}, found "${wanted}": leave the split out`,
    );
  }
  const imageCount = Number(metadata.num_rows);
  return {
    benchmark: '2ds',
    title: generated ? '2DS (generated)' : '2DS (official)',
    split,
    layout: `2DS parquet ${basename(filename)}: ${imageCount} images, ${sampleCount} questions`,
    fingerprint: await sha256(filename),
    imageCount,
    sampleCount,
    async *images() {
      for (const group of groups) yield* (await read(group)).map(toImage);
    },
  };
}

const toImage = ({ id, bytes, samples, objects }: TwoDsRow): TwoDsSampleImage => ({
  id,
  samples,
  load: async () => bytes,
  ...(objects && { objects }),
});

/** Names what differs from the defaults; a file that lost its metadata in re-saving cannot. */
function splitOf(options: TwoDsOptions | undefined): string {
  if (!options) return 'generated, re-saved';
  const defaults: Record<string, unknown> = twoDsOptions.parse({});
  const changed = Object.entries(options).filter(
    ([key, value]) => key !== 'seed' && JSON.stringify(value) !== JSON.stringify(defaults[key]),
  );
  return ['generated', `seed ${options.seed}`, ...changed.map(([key, value]) => `${key} ${value}`)].join(
    ', ',
  );
}

async function findParquet(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found)
    throw new UserError(`expected a 2DS parquet file or its folder at ${path}, found nothing there`);
  if (found.isFile()) return path;
  for (const folder of [path, join(path, 'data')]) {
    const names = await readdir(folder).catch(() => []);
    const files = names.filter(name => name.endsWith('.parquet')).sort();
    if (files.length > 1) {
      throw new UserError(
        `expected one parquet file in ${folder}, found ${files.join(', ')}: name the one to open`,
      );
    }
    if (files[0]) return join(folder, files[0]);
  }
  throw new UserError(
    `expected a parquet file in ${path} or its data/ folder, found none: make one with \`data make 2ds\``,
  );
}

async function readMetadata(file: AsyncBuffer, filename: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file);
  } catch (error) {
    throw new UserError(`expected a parquet file at ${filename}, found something else (${messageOf(error)})`);
  }
}

interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** The rows of each row group: what is read and held at once. */
function rowGroups(metadata: FileMetaData): RowRange[] {
  let start = 0;
  return metadata.row_groups.map(group => {
    const range = { start, end: start + Number(group.num_rows) };
    start = range.end;
    return range;
  });
}

async function sha256(filename: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(filename)) hash.update(chunk);
  return hash.digest('hex');
}

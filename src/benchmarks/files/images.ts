import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import { type DataFile, type DataFolder, fileOnDisk } from './folder.js';
import { checked } from './json.js';
import type { ParquetTable, RowRange } from './parquet.js';

/** The largest encoded image that is read, in bytes. */
const LARGEST = 1 << 28;

const IMAGE = /\.(jpe?g|png|webp|bmp|gif|tiff?)$/i;

/** Where a benchmark's images come from. */
export interface ImageSource {
  /** What was found for these images, for people. */
  describe(imageIds: readonly string[]): Promise<string>;
  /** What stands for their content in a fingerprint. */
  stamp(imageIds: readonly string[]): Promise<string>;
  /** The encoded image; UserError that names it and where it was looked for. */
  load(imageId: string): Promise<Uint8Array>;
}

/**
 * Images as files, in folders or in archives.
 *
 * @param stems what an image's file may be called, without extension; with folders before it, the file must lie in these
 */
export async function imageFiles(
  folder: DataFolder,
  stems: (imageId: string) => readonly string[],
): Promise<ImageSource> {
  const byName = new Map<string, DataFile[]>();
  for (const file of await folder.files()) {
    if (!IMAGE.test(file.path)) continue;
    const name = basename(withoutExtension(file.path));
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  const find = (imageId: string): DataFile | undefined =>
    stems(imageId)
      .flatMap(stem => byName.get(basename(stem))?.filter(file => endsWith(file, stem)) ?? [])
      .sort((a, b) => Number(a.disk === undefined) - Number(b.disk === undefined))[0];
  return {
    describe: async ids => describeFiles(ids.filter(id => find(id) !== undefined).length, ids.length),
    stamp: ids => stampOf(ids, async id => find(id)?.stamp()),
    load: async id => {
      const file = find(id);
      if (file === undefined) {
        throw new UserError(
          `expected image ${quoted(id)} as ${quoted(`${stems(id)[0]}.jpg`)} (or .png, …) in ${printable(folder.name)}, its folders or its zip archives, found none: fetch the images`,
        );
      }
      return file.read(LARGEST);
    },
  };
}

const describeFiles = (found: number, all: number): string => `images as files, ${found} of ${all} found`;

/** How many files are asked for their size at a time: VQAv2 has 40,504. */
const AT_ONCE = 256;

/** One hash of every image's stamp; an image that is not there has its part in it. */
async function stampOf(
  imageIds: readonly string[],
  stamp: (imageId: string) => Promise<string | undefined>,
): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < imageIds.length; i += AT_ONCE) {
    const stamps = await Promise.all(imageIds.slice(i, i + AT_ONCE).map(stamp));
    hash.update(`${stamps.map(one => one ?? 'missing').join('\n')}\n`);
  }
  return hash.digest('hex');
}

/** A stem as `imageFiles` wants it of a file name. */
export const withoutExtension = (path: string): string => path.replace(IMAGE, '');

const endsWith = (file: DataFile, stem: string): boolean =>
  `/${withoutExtension(file.path)}`.endsWith(`/${stem}`);

/**
 * Images named by their paths below a folder. UserError for a path that leads out of it: such files come from anyone, and
 * the images that they name end up in reports.
 */
export function imagesBelow(root: string): ImageSource {
  const find = (imageId: string): DataFile => {
    if (/^([/\\]|[a-z]:)|(^|[/\\])\.\.([/\\]|$)|\0/i.test(imageId)) {
      throw new UserError(
        `expected the path of an image below ${printable(root)}, found ${quoted(imageId)}: copy the image there`,
      );
    }
    return fileOnDisk(imageId, join(root, imageId));
  };
  const exists = async (id: string) => (await stat(find(id).disk!).catch(() => undefined))?.isFile() ?? false;
  return {
    describe: async ids => {
      const found = await Promise.all(ids.map(exists));
      return describeFiles(found.filter(Boolean).length, ids.length);
    },
    stamp: ids => stampOf(ids, async id => ((await exists(id)) ? find(id).stamp() : undefined)),
    load: async id => {
      if (await exists(id)) return find(id).read(LARGEST);
      throw new UserError(
        `expected image ${quoted(id)} below ${printable(root)}, found none: correct its path or add it`,
      );
    },
  };
}

/** The row of a parquet table whose image column holds an image. */
export interface ImageCell {
  readonly table: ParquetTable;
  readonly row: number;
}

const image = z.object({ bytes: z.instanceof(Uint8Array) });

/** Images in the column of parquet tables; the rows that were read last are kept, and no others. */
export function imageCells(cells: ReadonlyMap<string, ImageCell>, column = 'image'): ImageSource {
  let kept: KeptRows | undefined;
  const rowsAround = ({ table, row }: ImageCell): KeptRows => {
    if (kept === undefined || kept.table !== table || row < kept.start || row >= kept.end) {
      const window = table.window(column, row);
      kept = { table, ...window, rows: table.rows([column], window) };
    }
    return kept;
  };
  return {
    describe: async () => 'images inside',
    stamp: async () =>
      [...new Set([...cells.values()].map(cell => cell.table))].map(table => table.footer).join('\n'),
    load: async id => {
      const cell = cells.get(id);
      if (cell === undefined) {
        throw new UserError(
          `expected image ${quoted(id)} in the parquet files, found no row with it: fetch the images' parquet files`,
        );
      }
      const { start, rows } = rowsAround(cell);
      const value = (await rows)[cell.row - start]?.[column];
      return checked(image, value, `${printable(cell.table.path)}, row ${cell.row}, column ${column}`).bytes;
    },
  };
}

interface KeptRows extends RowRange {
  readonly table: ParquetTable;
  readonly rows: Promise<Record<string, unknown>[]>;
}

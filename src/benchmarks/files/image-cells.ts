import { dirname } from 'node:path';
import { UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';
import { imagesBelow } from './image-files.js';
import { type ImageSource, named } from './images.js';
import type { ColumnForm, ParquetTable, RowRange } from './parquet.js';

/** The row of a parquet table whose image column holds an image. */
export interface ImageCell {
  readonly table: ParquetTable;
  readonly row: number;
}

/** Where a cell's image is: in the cell itself, or in a file that it names. */
type Found = 'inside' | { readonly path: string };

/**
 * Images in the column of parquet tables: the bytes, alone or with a path as `datasets` stores them; base64; or paths alone,
 * beside the parquet file or below `elsewhere`. The rows that were read last are kept, and no others. UserError where the column
 * holds none of these, or a row that is asked for has no image: found here, before any image is loaded, but for bytes whose
 * number the file's footer does not tell.
 */
export async function imageCells(
  cells: ReadonlyMap<string, ImageCell>,
  column = 'image',
  elsewhere?: string,
): Promise<ImageSource> {
  const reader = windowReader(column);
  const paths = await pathsOf(cells, column, reader);
  const tables = [...new Set([...cells.values()].map(cell => cell.table))];
  const beside = new Map(
    tables.map(table => [table, imagesBelow(dirname(table.disk), elsewhere, id => paths.get(id)!)]),
  );
  const filesOf = (id: string) => beside.get(cells.get(id)!.table)!;
  const isFile = (id: string) => paths.has(id);
  const soughtAs = (id: string) =>
    isFile(id) ? filesOf(id).soughtAs(id) : 'in the parquet files, as a row of its own';
  const advice =
    paths.size > 0
      ? 'correct their paths, add them, or say with --images where they are'
      : "fetch the images' parquet files";
  return {
    describe: async ids => {
      const files = ids.filter(isFile);
      return files.length === 0
        ? 'images inside'
        : `images as files, ${files.length} of ${ids.length} images`;
    },
    stamp: async ids => {
      const footers = tables.map(table => table.footer).join('\n');
      const files = ids.filter(isFile);
      if (files.length === 0) return footers;
      const stamps = [];
      for (const table of tables)
        stamps.push(await beside.get(table)!.stamp(files.filter(id => cells.get(id)!.table === table)));
      return [footers, ...stamps].join('\n');
    },
    missing: async ids => {
      const absent = new Set(ids.filter(id => !cells.has(id)));
      for (const table of tables) {
        const files = ids.filter(id => isFile(id) && cells.get(id)!.table === table);
        for (const id of await beside.get(table)!.missing(files)) absent.add(id);
      }
      return ids.filter(id => absent.has(id));
    },
    soughtAs,
    advice,
    load: async id => {
      const cell = cells.get(id);
      if (cell === undefined)
        throw new UserError(
          `expected image ${quoted(id)} in the parquet files, found no row with it: ${advice}`,
        );
      if (isFile(id)) return filesOf(id).load(id);
      const found = bytesIn(await reader(cell));
      if (found !== undefined && !('path' in found)) return found;
      throw noImage(cell.table, column, [cell.row]);
    },
  };
}

/** The value of a cell; reads with it those that are read best together. */
function windowReader(column: string): (cell: ImageCell) => Promise<unknown> {
  let kept:
    | (RowRange & { readonly table: ParquetTable; readonly rows: Promise<Record<string, unknown>[]> })
    | undefined;
  return async ({ table, row }) => {
    if (kept === undefined || kept.table !== table || row < kept.start || row >= kept.end) {
      const window = table.window(column, row);
      kept = { table, ...window, rows: table.rows([column], window) };
    }
    const { start, rows } = kept;
    return (await rows)[row - start]?.[column];
  };
}

/** The paths of those images that lie in files of their own. UserError for a row without an image, or a column that holds none. */
async function pathsOf(
  cells: ReadonlyMap<string, ImageCell>,
  column: string,
  read: (cell: ImageCell) => Promise<unknown>,
): Promise<Map<string, string>> {
  const paths = new Map<string, string>();
  const without = new Map<ParquetTable, number[]>();
  const inside = new Map<ParquetTable, readonly boolean[]>();
  for (const [id, cell] of cells) {
    const { table, row } = cell;
    const groups = inside.get(table) ?? (await groupsInside(table, column, read));
    inside.set(table, groups);
    if (groups[table.groups.findIndex(({ end }) => row < end)]) continue;
    const found = foundIn(await read(cell));
    if (found === undefined) without.set(table, [...(without.get(table) ?? []), row]);
    else if (found !== 'inside') paths.set(id, found.path);
  }
  for (const [table, rows] of without) throw noImage(table, column, rows);
  return paths;
}

/** For each row group, whether its images are known to be in their cells: such ones are not read before they are asked for. */
async function groupsInside(
  table: ParquetTable,
  column: string,
  read: (cell: ImageCell) => Promise<unknown>,
): Promise<boolean[]> {
  const form = table.form(column);
  const fields = form instanceof Map ? (form as ReadonlyMap<string, ColumnForm>) : undefined;
  const bytes = fields ? fields.get('bytes') : form;
  const path = fields?.get('path');
  if ((bytes !== 'bytes' && bytes !== 'text' && path !== 'text') || (fields && !bytes && !path)) {
    const what =
      typeof form === 'object' && 'other' in form
        ? form.other
        : `fields ${named([...(fields?.keys() ?? [])])}`;
    throw new UserError(
      `expected images in column ${quoted(column)} of ${printable(table.path)} as bytes, as base64 or as paths of files, found ${what}: write the file anew, e.g. with the Image feature of datasets`,
    );
  }
  const field = fields ? `${column}.bytes` : column;
  return Promise.all(
    table.groups.map(async ({ start, end }, group) => {
      if (end === start) return true;
      const nulls = table.nulls(field, group);
      if (bytes === 'bytes') return nulls === 0 || (nulls === undefined && path === undefined);
      // Base64 is known by its first image; paths are short, and all of them are read.
      return bytes === 'text' && nulls === 0 && foundIn(await read({ table, row: start })) === 'inside';
    }),
  );
}

function foundIn(value: unknown): Found | undefined {
  const found = bytesIn(value);
  return found instanceof Uint8Array ? 'inside' : found;
}

/** An image out of a cell's value; or the path of one; undefined where there is neither. */
function bytesIn(value: unknown): Uint8Array | { readonly path: string } | undefined {
  if (value instanceof Uint8Array) return value.length > 0 ? value : undefined;
  if (typeof value === 'string') return fromBase64(value) ?? (value === '' ? undefined : { path: value });
  if (value === null || typeof value !== 'object') return undefined;
  const { bytes, path } = value as { bytes?: unknown; path?: unknown };
  return bytesIn(bytes) ?? (typeof path === 'string' && path !== '' ? { path } : undefined);
}

/** How image files begin that are read: JPEG, PNG, GIF, BMP, TIFF, WebP, AVIF. */
const MAGIC = /^(\xff\xd8\xff|\x89PNG|GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftyp)/s;

/** An image in base64, bare or as a `data:` URL; undefined for any other text. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/^data:image\/[\w.+-]+;base64,/, '');
  if (!/^[\w+/-]{24}/.test(bare)) return undefined;
  if (!MAGIC.test(Buffer.from(bare.slice(0, 24), 'base64').toString('latin1'))) return undefined;
  return Buffer.from(bare, 'base64');
}

const noImage = (table: ParquetTable, column: string, rows: readonly number[]): UserError =>
  new UserError(
    `expected an image in every row of column ${quoted(column)} of ${printable(table.path)}, found neither bytes nor a path in row ${rows.slice(0, 100).join(', ')}${rows.length > 100 ? ` and ${rows.length - 100} more` : ''}: fetch the file again, or take the rows out`,
  );

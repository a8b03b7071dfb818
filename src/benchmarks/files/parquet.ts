import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import {
  type AsyncBuffer,
  type ColumnChunk,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from 'hyparquet';
import type { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { printable } from '../../printable.js';
import { codecs } from './codecs.js';
import type { DataFile } from './folder.js';
import { checked } from './json.js';
import { checkPages } from './page-checksums.js';

/** An opened parquet file: its footer is in memory, its rows are not. */
export interface ParquetTable {
  readonly path: string;
  /** Where it lies on disk. */
  readonly disk: string;
  readonly rowCount: number;
  readonly columns: ReadonlySet<string>;
  /** Hash of the footer, which holds every column chunk's place, size and bounds. */
  readonly footer: string;
  /** The rows of each row group, in order. */
  readonly groups: readonly RowRange[];
  /** What a column holds, by its schema. */
  form(column: string): ColumnForm;
  /** How many of a row group's values of a column (`image`) or of a field of it (`image.bytes`) are null; undefined where the footer does not say. */
  nulls(field: string, group: number): number | undefined;
  /** The rows that are best read together with this one for a column of large values: its row group, or less. */
  window(column: string, row: number): RowRange;
  /** Some columns of some rows, all of one row group. */
  rows(columns: readonly string[], range: RowRange): Promise<Record<string, unknown>[]>;
}

/** What a column holds: text, bytes, fields by their names with what each of them holds, or something else in words. */
export type ColumnForm = 'text' | 'bytes' | ReadonlyMap<string, ColumnForm> | { readonly other: string };

/** Rows `start` up to, not including, `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** The parquet tables among the files that have all of these columns. */
export async function tablesWith(
  files: readonly DataFile[],
  ...columns: readonly string[]
): Promise<ParquetTable[]> {
  const tables: ParquetTable[] = [];
  for (const file of files) {
    if (!file.path.endsWith('.parquet')) continue;
    const table = await openParquet(file);
    if (columns.every(column => table.columns.has(column))) tables.push(table);
  }
  return tables;
}

/** A row in a reader's form, with its place in the table. */
export interface TableRow<T> {
  readonly row: number;
  readonly value: T;
}

/**
 * The rows of a whole table in the schema's form, which names the columns to read; one row group is in memory at a time.
 * UserError names the first row of another form.
 */
export async function* streamRows<T>(
  table: ParquetTable,
  schema: z.ZodType<T> & { readonly shape: object },
): AsyncGenerator<TableRow<T>> {
  const columns = Object.keys(schema.shape).filter(column => table.columns.has(column));
  for (const group of table.groups) {
    const rows = await table.rows(columns, group);
    for (const [i, value] of rows.entries()) {
      const row = group.start + i;
      yield { row, value: checked(schema, value, `${printable(table.path)}, row ${row}`) };
    }
  }
}

/** Reads a parquet file's footer; UserError for one that is cut, damaged, or inside an archive. */
async function openParquet({ path, disk }: DataFile): Promise<ParquetTable> {
  const where = printable(path);
  if (disk === undefined) {
    throw new UserError(`expected a parquet file on disk, found ${where} inside an archive: unpack it`);
  }
  const file = await positionalFile(disk);
  const metadata = await decoded(where, file, () => parquetMetadataAsync(file));
  const groups = await decoded(where, file, async () => rowGroups(metadata, file.byteLength));
  const { children } = parquetSchema(metadata);
  const sound = new Map<ColumnChunk, Promise<void>>();
  const check = (columns: readonly string[], { start }: RowRange) => {
    const group = metadata.row_groups[groups.findIndex(group => start < group.end)];
    const chunks = group?.columns.filter(({ meta_data: chunk }) =>
      columns.includes(chunk!.path_in_schema[0]!),
    );
    return Promise.all(
      (chunks ?? []).map(chunk => {
        const checking = sound.get(chunk) ?? checkChunk(file, chunk);
        sound.set(chunk, checking);
        return checking;
      }),
    );
  };
  return {
    path,
    disk,
    rowCount: groups.at(-1)?.end ?? 0,
    columns: new Set(children.map(({ element }) => element.name)),
    footer: await hashOfFooter(file, metadata),
    groups,
    form: column => formOf(children.find(({ element }) => element.name === column)!),
    nulls: (field, group) => {
      const chunk = metadata.row_groups[group]?.columns.find(
        ({ meta_data }) => meta_data?.path_in_schema.join('.') === field,
      );
      const count = chunk?.meta_data?.statistics?.null_count;
      return count === undefined ? undefined : Number(count);
    },
    window: (column, row) => {
      const at = groups.findIndex(({ end }) => row < end);
      return windowIn(metadata.row_groups[at]!, groups[at]!, column, row, where);
    },
    rows: (columns, { start, end }) =>
      decoded(where, file, async () => {
        await check(columns, { start, end });
        return await parquetReadObjects({
          file,
          metadata,
          columns: [...columns],
          rowStart: start,
          rowEnd: end,
          utf8: false,
          useOffsetIndex: true,
          compressors: codecs,
        });
      }),
  };
}

const checkChunk = (file: AsyncBuffer, { meta_data: chunk }: ColumnChunk): Promise<void> => {
  const start = Number(chunk!.dictionary_page_offset || chunk!.data_page_offset);
  return checkPages(file, start, start + Number(chunk!.total_compressed_size));
};

function formOf({ element, children }: SchemaTree): ColumnForm {
  const { type, converted_type, logical_type, repetition_type } = element;
  if (repetition_type === 'REPEATED' || converted_type === 'LIST') return { other: 'lists' };
  if (children.length > 0) return new Map(children.map(child => [child.element.name, formOf(child)]));
  if (converted_type === 'UTF8' || logical_type?.type === 'STRING') return 'text';
  return type === 'BYTE_ARRAY' ? 'bytes' : { other: `values of type ${type}` };
}

/** About how much of a column of images is decoded at once where its pages can be told apart, in bytes. */
const WINDOW = 1 << 26;

/** The most that is decoded at once where they cannot. */
const LARGEST_CHUNK = 1 << 30;

/** A row group, or where it is large and has an index of its pages, an even part of it. */
function windowIn(
  { columns }: RowGroup,
  group: RowRange,
  column: string,
  row: number,
  where: string,
): RowRange {
  const chunks = columns.filter(({ meta_data: chunk }) => chunk?.path_in_schema[0] === column);
  const size = chunks.reduce((sum, chunk) => sum + Number(chunk.meta_data?.total_uncompressed_size ?? 0), 0);
  if (size <= WINDOW) return group;
  if (chunks.every(chunk => chunk.offset_index_offset !== undefined)) {
    const rows = Math.max(1, Math.floor(((group.end - group.start) * WINDOW) / size));
    const start = group.start + Math.floor((row - group.start) / rows) * rows;
    return { start, end: Math.min(start + rows, group.end) };
  }
  if (size <= LARGEST_CHUNK) return group;
  throw new UserError(
    `expected row groups of at most ${LARGEST_CHUNK} bytes in column ${printable(column)} of ${where}, found one of ${size}: write the file anew with smaller row groups or with a page index`,
  );
}

interface PositionalFile extends AsyncBuffer {
  /** Resolves when no read is under way any more, whatever became of it. */
  settled(): Promise<unknown>;
}

/** Positional reads of a file that is open only while one is under way. */
async function positionalFile(disk: string): Promise<PositionalFile> {
  const { size } = await stat(disk);
  const underWay = new Set<Promise<unknown>>();
  const slice = (start: number, end = size): Promise<ArrayBuffer> => {
    const reading = read(disk, start, end, size);
    // The decoder starts all its reads at once: when it gives up on one, nobody awaits the others.
    const settled = reading.catch(() => undefined).finally(() => underWay.delete(settled));
    underWay.add(settled);
    return reading;
  };
  return { byteLength: size, slice, settled: () => Promise.all(underWay) };
}

async function read(disk: string, start: number, end: number, size: number): Promise<ArrayBuffer> {
  if (!(0 <= start && start <= end && end <= size))
    throw new Error(`bytes ${start} to ${end} of ${size} asked for`);
  const handle = await open(disk);
  try {
    const { bytesRead, buffer } = await handle.read(new Uint8Array(end - start), 0, end - start, start);
    if (bytesRead < end - start) throw new Error(`the file ends at byte ${start + bytesRead}`);
    return buffer.buffer;
  } finally {
    await handle.close();
  }
}

/** The footer's row groups, checked: every column chunk lies inside the file, and the rows add up. */
function rowGroups({ row_groups, num_rows }: FileMetaData, byteLength: number): RowRange[] {
  let start = 0;
  const groups = row_groups.map(({ columns, num_rows: rows }) => {
    for (const { meta_data: chunk } of columns) {
      const from = Number(chunk?.dictionary_page_offset ?? chunk?.data_page_offset ?? -1);
      const size = Number(chunk?.total_compressed_size ?? -1);
      if (!(from >= 0 && size >= 0 && from + size <= byteLength)) {
        throw new Error(`column ${chunk?.path_in_schema.join('.')} lies outside the file`);
      }
    }
    const group = { start, end: start + Number(rows) };
    start = group.end;
    return group;
  });
  if (start !== Number(num_rows) || groups.some(group => group.end < group.start)) {
    throw new Error(`its row groups hold ${start} rows, its footer says ${num_rows}`);
  }
  return groups;
}

async function hashOfFooter(file: AsyncBuffer, { metadata_length }: FileMetaData): Promise<string> {
  const footer = await file.slice(file.byteLength - metadata_length - 8);
  return createHash('sha256').update(new Uint8Array(footer)).digest('hex');
}

/** Runs a decoding of the file; every failure becomes one line about it. */
async function decoded<T>(where: string, file: PositionalFile, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (error) {
    await file.settled();
    throw new UserError(
      `expected a whole parquet file at ${where}, found one that cannot be read (${printable(messageOf(error))}): fetch it again`,
    );
  }
}

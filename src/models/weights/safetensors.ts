import { type FileHandle, open } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { parseAs } from '../config/json-file.js';

/** Bytes of one value, by the format's dtypes. */
const dtypeBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
} as const;

export type Dtype = keyof typeof dtypeBytes;

/** Where a tensor lies in its file, and as what. */
export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Offset from the start of the file. */
  readonly position: number;
  readonly byteLength: number;
}

/** An open safetensors file: its header is read and checked, its values are read on demand. */
export interface SafetensorsFile {
  readonly path: string;
  readonly byteLength: number;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Fills `target` with the file's bytes from `position`. */
  readInto(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

const tensorSchema = z.object({
  dtype: z.enum(Object.keys(dtypeBytes) as [Dtype, ...Dtype[]]),
  shape: z.array(z.number().int().nonnegative()),
  data_offsets: z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]),
});
const headerSchema = z.record(z.string(), tensorSchema);

const LENGTH_BYTES = 8;
/** The format's own limit. */
const MAX_HEADER = 100_000_000;
/** One read system call takes less than 2 GiB. */
const MAX_READ = 1 << 30;

/**
 * Opens a file of the safetensors format (https://github.com/huggingface/safetensors: 8 bytes of header length, a JSON
 * header, the values) and checks that its header is sound, covers the values without gap or overlap, and fits the
 * file's size; UserError otherwise.
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path).catch(error => {
    throw new UserError(`${path}: cannot be opened (${messageOf(error)})`);
  });
  try {
    const byteLength = (await file.stat()).size;
    const header = await readHeader(file, path, byteLength);
    return {
      path,
      byteLength,
      tensors: checkedTensors(header.entries, path, header.byteLength, byteLength),
      readInto: (target, position) => readFully(file, path, target, position),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readFully(
  file: FileHandle,
  path: string,
  target: Uint8Array,
  position: number,
): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const wanted = Math.min(target.length - done, MAX_READ);
    const { bytesRead } = await file.read(target, done, wanted, position + done);
    if (bytesRead === 0) throw new UserError(`${path}: ended while it was read; was it replaced meanwhile?`);
    done += bytesRead;
  }
}

async function readHeader(file: FileHandle, path: string, size: number) {
  const start = new Uint8Array(Math.min(size, LENGTH_BYTES + 40));
  await readFully(file, path, start, 0);
  if (new TextDecoder().decode(start).startsWith('version https://git-lfs')) {
    throw new UserError(
      `${path}: is a Git LFS pointer, not the weights; fetch them with "git lfs pull" or download the file`,
    );
  }
  const length =
    size < LENGTH_BYTES ? 0 : Number(new DataView(start.buffer).getBigUint64(0, /* littleEndian */ true));
  if (length < 2 || length > MAX_HEADER) {
    throw new UserError(
      `${path}: not a safetensors file (${size} bytes, header of ${length}); download it again`,
    );
  }
  if (LENGTH_BYTES + length > size) throw truncated(path, LENGTH_BYTES + length, size);
  const bytes = new Uint8Array(length);
  await readFully(file, path, bytes, LENGTH_BYTES);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new UserError(
      `${path}: the header is not valid JSON (${messageOf(error)}); download the file again`,
    );
  }
  const { __metadata__: _, ...tensors } = parseAs(z.record(z.string(), z.unknown()), json, path);
  return { entries: parseAs(headerSchema, tensors, path), byteLength: LENGTH_BYTES + length };
}

/** The tensors with absolute positions, once their extents are known to fill the rest of the file exactly. */
function checkedTensors(
  entries: z.infer<typeof headerSchema>,
  path: string,
  dataStart: number,
  size: number,
): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  let end = 0;
  const inOrder = Object.entries(entries).sort(
    ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
  );
  for (const [name, { dtype, shape, data_offsets }] of inOrder) {
    const byteLength = shape.reduce((n, d) => n * d, dtypeBytes[dtype]);
    const [from, to] = data_offsets;
    if (to - from !== byteLength) {
      throw new UserError(
        `${path}: tensor "${name}" (${dtype} [${shape.join(', ')}]) needs ${byteLength} bytes, its header entry spans ${to - from}; the file is damaged, download it again`,
      );
    }
    if (from !== end) {
      const fault = from < end ? 'overlaps the one before it' : 'leaves a gap before it';
      throw new UserError(
        `${path}: tensor "${name}" ${fault} (starts at ${from}, expected ${end}); the file is damaged, download it again`,
      );
    }
    end = to;
    tensors.set(name, { dtype, shape, position: dataStart + from, byteLength });
  }
  if (dataStart + end > size) throw truncated(path, dataStart + end, size);
  if (dataStart + end < size) {
    throw new UserError(
      `${path}: ${size - dataStart - end} bytes follow the last tensor; the file is damaged, download it again`,
    );
  }
  return tensors;
}

const truncated = (path: string, expected: number, found: number) =>
  new UserError(
    `${path}: cut short: its header needs ${expected} bytes, the file has ${found}; download it again`,
  );

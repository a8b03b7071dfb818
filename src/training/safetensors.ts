import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { halfBits, halfValue } from './half.js';
import type { StoredTensor } from './variables.js';

type Tensors = ReadonlyMap<string, StoredTensor>;
type Dtype = 'F32' | 'F16';

/**
 * Writes tensors as a safetensors file (huggingface/safetensors, format 1): header length, JSON header, data. The file
 * gets its name when it is whole, so that an interrupted write leaves the former one.
 */
export function writeSafetensors(
  path: string,
  tensors: Tensors,
  dtype: Dtype,
  metadata: Readonly<Record<string, string>> = {},
): void {
  const width = dtype === 'F32' ? 4 : 2;
  let end = 0;
  const entries = [...tensors].map(([name, { shape, values }]) => {
    const start = end;
    end += values.length * width;
    return [name, { dtype, shape, data_offsets: [start, end] }];
  });
  const header = JSON.stringify({
    __metadata__: { format: 'pt', ...metadata },
    ...Object.fromEntries(entries),
  });
  const padded = Buffer.from(header.padEnd(Math.ceil(header.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const data = [...tensors.values()].map(({ values }) => bytesOf(values, dtype));
  writeFileSync(`${path}.partial`, Buffer.concat([length, padded, ...data]));
  renameSync(`${path}.partial`, path);
}

function bytesOf(values: Float32Array, dtype: Dtype): Buffer {
  const numbers = dtype === 'F32' ? values : Uint16Array.from(values, halfBits);
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Reads a float32 file that `writeSafetensors` wrote: a training's checkpoint. */
export function readSafetensors(path: string): {
  tensors: Map<string, StoredTensor>;
  metadata: Record<string, string>;
} {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE());
  const { __metadata__: metadata, ...entries } = JSON.parse(file.toString('utf8', 8, start)) as {
    __metadata__: Record<string, string>;
  } & Record<string, { shape: number[]; data_offsets: [number, number] }>;
  const tensors = new Map(
    Object.entries(entries).map(
      ([
        name,
        {
          shape,
          data_offsets: [from, to],
        },
      ]) => [
        name,
        {
          shape,
          values: new Float32Array(
            file.buffer.slice(file.byteOffset + start + from, file.byteOffset + start + to),
          ),
        },
      ],
    ),
  );
  return { tensors, metadata };
}

/** Values as half precision keeps them. */
export const roundedToHalf = (values: Float32Array): Float32Array =>
  Float32Array.from(values, value => halfValue(halfBits(value)));

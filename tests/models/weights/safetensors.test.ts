import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { openSafetensors } from '../../../src/models/weights/safetensors.js';
import { f32, folderWith, safetensors, withHeader } from '../model-files.js';

const fileWith = async (bytes: Uint8Array) =>
  join(await folderWith({ 'model.safetensors': bytes }), 'model.safetensors');

const two = safetensors({ a: f32([2, 2], [1, 2, 3, 4]), b: f32([3], [5, 6, 7]) });

test('lists tensors with their place in the file', async () => {
  const file = await openSafetensors(await fileWith(two));
  expect([...file.tensors.keys()]).toEqual(['a', 'b']);
  const { dtype, shape, position, byteLength } = file.tensors.get('b')!;
  expect({ dtype, shape, byteLength }).toEqual({ dtype: 'F32', shape: [3], byteLength: 12 });
  expect(position).toBe(two.length - 12);
  const bytes = new Uint8Array(12);
  await file.readInto(bytes, position);
  expect([...new Float32Array(bytes.buffer)]).toEqual([5, 6, 7]);
  await file.close();
});

test('a scalar and an empty tensor are fine', async () => {
  const file = await openSafetensors(
    await fileWith(safetensors({ empty: f32([0, 4], []), one: f32([], [9]) })),
  );
  expect(file.tensors.get('one')?.byteLength).toBe(4);
  expect(file.tensors.get('empty')?.byteLength).toBe(0);
  await file.close();
});

const entry = (shape: number[], from: number, to: number, dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

describe('damaged files are refused with what is wrong and what to do', () => {
  test.each<[string, Uint8Array, RegExp]>([
    [
      'cut short in the values',
      two.subarray(0, two.length - 5),
      /cut short: its header needs \d+ bytes, the file has \d+; download/,
    ],
    ['cut short in the header', two.subarray(0, 40), /cut short/],
    ['with bytes after the end', Buffer.concat([two, Buffer.from([0])]), /1 bytes follow the last tensor/],
    ['empty', Buffer.alloc(0), /not a safetensors file/],
    ['of another format', Buffer.from('PK\x03\x04 some zip archive, in fact'), /not a safetensors file/],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0'),
      /git lfs pull/,
    ],
    ['with a header that is no JSON', withHeader('{"a": '), /header is not valid JSON/],
    ['with an unknown dtype', withHeader({ a: entry([1], 0, 4, 'F12') }, new Uint8Array(4)), /a\.dtype/],
    ['with a negative extent', withHeader({ a: entry([-1], 0, 4) }, new Uint8Array(4)), /a\.shape\.0/],
    [
      'whose shape and extent disagree',
      withHeader({ a: entry([2], 0, 4) }, new Uint8Array(4)),
      /"a" \(F32 \[2\]\) needs 8 bytes, its header entry spans 4/,
    ],
    [
      'with overlapping tensors',
      withHeader({ a: entry([2], 0, 8), b: entry([2], 4, 12) }, new Uint8Array(12)),
      /"b" overlaps/,
    ],
    [
      'with a gap',
      withHeader({ a: entry([1], 0, 4), b: entry([1], 8, 12) }, new Uint8Array(12)),
      /"b" leaves a gap/,
    ],
  ])('%s', async (_, bytes, message) => {
    const opened = openSafetensors(await fileWith(bytes));
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(UserError);
  });

  test('missing', async () => {
    await expect(openSafetensors('/no/such/model.safetensors')).rejects.toThrow(/cannot be opened/);
  });
});

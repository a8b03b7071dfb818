import { expect, test } from 'vitest';
import { checkPages } from '../../src/benchmarks/files/page-checksums.js';
import { crc32 } from '../../src/crc32.js';

/** Fields of Thrift's compact protocol: an i32 takes its difference of ids and 5, then zigzag. */
const zigzag = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = BigInt(value < 0 ? -2 * value - 1 : 2 * value); ; rest >>= 7n) {
    if (rest < 128n) return [...bytes, Number(rest)];
    bytes.push(Number(rest & 127n) | 128);
  }
};
const file = (bytes: readonly number[]) => ({
  byteLength: bytes.length,
  slice: (from: number, to?: number) => Promise.resolve(Uint8Array.from(bytes).slice(from, to).buffer),
});
const check = (bytes: readonly number[]) => checkPages(file(bytes), 0, bytes.length);

const page = [1, 2, 3];
const header = [
  0x15,
  0,
  0x15,
  ...zigzag(3),
  0x15,
  ...zigzag(3),
  0x15,
  ...zigzag(crc32(Uint8Array.from(page)) | 0),
];

test('pages that are as their checksums say pass, and others do not', async () => {
  await check([...header, 0, ...page]);
  await expect(check([...header, 0, 1, 2, 4])).rejects.toThrow(
    /page at byte 0 is damaged: CRC-32 .* expected, .* found/,
  );
});

test('a field that is a list is passed over', () => check([...header, 0x19, 0x23, 7, 7, 0, ...page]));

test('a damaged header ends with an error, however much it promises', async () => {
  const long = Array<number>(9).fill(0xff);
  // A list of more items than there are bytes, and a number that never ends.
  await expect(check([...header, 0x19, 0xf1, ...long, 1, 0, ...page])).rejects.toThrow(
    /list that is longer than itself/,
  );
  await expect(check([0x15, ...Array<number>(400).fill(0x80), 0])).rejects.toThrow(
    /number of more than 10 bytes/,
  );
});

import type { AsyncBuffer } from 'hyparquet';
import { crc32, crcText } from '../../crc32.js';

/** A page's place and, where its writer gave one, the CRC-32 of its bytes as they are stored (parquet-format, `PageHeader`). */
interface PageHeader {
  /** Bytes of the header itself. */
  readonly length: number;
  /** Bytes of the page behind it. */
  readonly size: number;
  readonly crc: number | undefined;
}

/** How much is read to find a header in; one with long statistics is asked for again, up to the most. */
const FIRST_GUESS = 1 << 12;
const LONGEST_HEADER = 1 << 24;

/**
 * Compares every page of a column chunk with its checksum; chunks whose first page has none are passed over, as a writer gives
 * all of them or none. Throws an Error that names the page's place.
 *
 * @param start offset of the chunk's first page, in bytes
 * @param end offset of the byte after its last
 */
export async function checkPages(file: AsyncBuffer, start: number, end: number): Promise<void> {
  for (let at = start; at < end; ) {
    const { length, size, crc } = await pageHeader(file, at, end);
    if (crc === undefined && at === start) return;
    const from = at + length;
    if (from + size > end) throw new Error(`the page at byte ${at} reaches beyond its column`);
    if (crc !== undefined) {
      const found = crc32(new Uint8Array(await file.slice(from, from + size)));
      if (found !== crc >>> 0)
        throw new Error(
          `the page at byte ${at} is damaged: CRC-32 ${crcText(crc >>> 0)} expected, ${crcText(found)} found`,
        );
    }
    at = from + size;
  }
}

async function pageHeader(file: AsyncBuffer, at: number, end: number): Promise<PageHeader> {
  for (let guess = FIRST_GUESS; ; guess *= 16) {
    const bytes = new DataView(await file.slice(at, Math.min(at + guess, end)));
    try {
      return readHeader(bytes);
    } catch (error) {
      // A header that goes on beyond what was read.
      if (!(error instanceof RangeError) || at + guess >= end || guess >= LONGEST_HEADER) throw error;
    }
  }
}

/** Thrift's compact protocol, of which a page header's first fields are wanted: 2 and 3 its sizes, 4 its CRC. */
function readHeader(view: DataView): PageHeader {
  let at = 0;
  const byte = () => view.getUint8(at++);
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      if (shift > 2 ** 63) throw new Error('a page header with a number of more than 10 bytes');
      const next = byte();
      value += (next & 127) * shift;
      if (next < 128) return value;
    }
  };
  const zigzag = () => {
    const value = varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  };
  const skip = (type: number): void => {
    if (type === 1 || type === 2) return; // a truth value, which is its type
    if (type === 3) at += 1;
    else if (type === 4 || type === 5 || type === 6) varint();
    else if (type === 7) at += 8;
    else if (type === 8) {
      const length = varint();
      at += length;
    } else if (type === 9 || type === 10) {
      const head = byte();
      const count = head >> 4 === 15 ? varint() : head >> 4;
      // Every item takes a byte at least: a damaged count must not be counted to.
      if (count > view.byteLength - at)
        throw new RangeError('a page header with a list that is longer than itself');
      for (let i = 0; i < count; i++) {
        if ((head & 15) <= 2) at += 1;
        else skip(head & 15);
      }
    } else if (type === 12) fields(() => false);
    else throw new Error(`a page header with a field of type ${type}`);
  };
  const fields = (take: (id: number, type: number) => boolean): void => {
    for (let id = 0, head = byte(); head !== 0; head = byte()) {
      id = head >> 4 === 0 ? zigzag() : id + (head >> 4);
      if (!take(id, head & 15)) skip(head & 15);
    }
  };
  const numbers = new Map<number, number>();
  fields((id, type) => {
    if (type !== 5) return false;
    numbers.set(id, zigzag());
    return true;
  });
  const size = numbers.get(3) ?? -1;
  if (size < 0) throw new Error('a page header without a size');
  return { length: at, size, crc: numbers.get(4) };
}

/** Remainders of the polynomial 0xEDB88320 for a byte, and for a byte followed by one to seven zero bytes. */
const TABLES = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let i = 0; i < 256; i++) {
  let remainder = i;
  for (let bit = 0; bit < 8; bit++) remainder = (remainder >>> 1) ^ (remainder & 1 ? 0xedb88320 : 0);
  TABLES[0]![i] = remainder;
}
for (let i = 0; i < 256; i++)
  for (let k = 1; k < 8; k++) {
    const before = TABLES[k - 1]![i]!;
    TABLES[k]![i] = (before >>> 8) ^ TABLES[0]![before & 255]!;
  }

/**
 * CRC-32 as zip, gzip, PNG and parquet have it (ISO 3309), eight bytes at a time (Kounavis & Berry 2005); `zlib.crc32` is
 * younger than the oldest Node that runs this.
 */
export function crc32(bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as [
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
    ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ];
  let crc = -1;
  let i = 0;
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc =
      t7[crc & 255]! ^
      t6[(crc >>> 8) & 255]! ^
      t5[(crc >>> 16) & 255]! ^
      t4[crc >>> 24]! ^
      t3[bytes[i + 4]!]! ^
      t2[bytes[i + 5]!]! ^
      t1[bytes[i + 6]!]! ^
      t0[bytes[i + 7]!]!;
  }
  for (; i < bytes.length; i++) crc = (crc >>> 8) ^ t0[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

/** Eight hexadecimal digits. */
export const crcText = (crc: number): string => crc.toString(16).padStart(8, '0');

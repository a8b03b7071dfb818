import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { decompressLz4, decompressLz4Raw, decompressZstd } from 'hyparquet-compressors';

const nothing = new Uint8Array(0);

/**
 * What unpacks the pages of a parquet file, by the codec's name in its footer (parquet-format, Compression.md): gzip and brotli
 * by Node, zstd and both LZ4 by hyparquet-compressors; snappy is hyparquet's own. Each is given a page and the size that its
 * header says it unpacks to, and throws where it unpacks to more.
 */
export const codecs: Compressors = {
  GZIP: (page, size) => (size === 0 ? nothing : gunzipSync(page, { maxOutputLength: size })),
  BROTLI: (page, size) => (size === 0 ? nothing : brotliDecompressSync(page, { maxOutputLength: size })),
  ZSTD: (page, size) => (size === 0 ? nothing : decompressZstd(page, new Uint8Array(size))),
  LZ4: decompressLz4,
  LZ4_RAW: decompressLz4Raw,
};

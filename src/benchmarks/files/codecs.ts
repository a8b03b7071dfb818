import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import type { Compressors } from 'hyparquet';
import { decompressZstd } from 'hyparquet-compressors';
import { lz4Block, lz4Frames } from './lz4.js';

const nothing = new Uint8Array(0);

/**
 * What unpacks the pages of a parquet file, by the codec's name in its footer (parquet-format, Compression.md): gzip and brotli
 * by Node, zstd by hyparquet-compressors, LZ4 by `lz4.ts`; snappy is hyparquet's own. Each is given a page and the size that its
 * header says it unpacks to, and throws where it unpacks to more.
 */
export const codecs: Compressors = {
  GZIP: (page, size) => (size === 0 ? nothing : gunzipSync(page, { maxOutputLength: size })),
  BROTLI: (page, size) => (size === 0 ? nothing : brotliDecompressSync(page, { maxOutputLength: size })),
  ZSTD: (page, size) => (size === 0 ? nothing : decompressZstd(page, new Uint8Array(size))),
  LZ4: lz4Frames,
  LZ4_RAW: lz4Block,
};

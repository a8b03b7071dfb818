/** Pixels of a decoded file; `alpha` where it has transparency. */
export interface DecodedPixels {
  readonly width: number;
  readonly height: number;
  /** [height, width, 3], what lies beneath transparent pixels included. */
  readonly rgb: Uint8Array;
  /** [height, width]; 0 is transparent. */
  readonly alpha?: Uint8Array;
}

/** More pixels than this are taken for a damaged header. */
const MOST_PIXELS = 1 << 28;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where pixels begin, in bytes. */
  readonly start: number;
  /** Of red, green, blue and alpha; 0 for none. */
  readonly masks: readonly number[];
  /** Blue, green, red of each colour. */
  readonly palette: readonly Uint8Array[];
}

/**
 * A BMP file (Microsoft's BITMAPFILEHEADER and BITMAPCOREHEADER to BITMAPV5HEADER): 1, 4 and 8 bits with a palette, 16, 24 and
 * 32 bits, bit masks, run lengths of 4 and 8 bits, rows from below or above. Values of fewer than eight bits are stretched as
 * Pillow does it, v · 255 / most, rounded down. Throws an Error for one that is cut or of another kind.
 */
export function decodeBmp(bytes: Uint8Array): DecodedPixels {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = readHeader(view, bytes);
  const { bits, compression } = header;
  if (bits <= 8) return fromPalette(header, compression === 0 ? indices(bytes, header) : runs(bytes, header));
  return fromMasks(view, header);
}

function readHeader(view: DataView, bytes: Uint8Array): Header {
  const size = view.getUint32(14, true);
  const old = size === 12;
  if (!old && (size < 40 || size > 124)) throw new Error(`a BMP with a header of ${size} bytes`);
  const [width, tall] = old
    ? [view.getUint16(18, true), view.getUint16(20, true)]
    : [view.getInt32(18, true), view.getInt32(22, true)];
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const height = Math.abs(tall);
  if (!(width > 0 && height > 0 && width * height <= MOST_PIXELS))
    throw new Error(`a BMP of ${width} × ${height} pixels`);
  const known = compression === 0 ? [1, 4, 8, 16, 24, 32] : { 1: [8], 2: [4], 3: [16, 32] }[compression];
  if (!known?.includes(bits)) throw new Error(`a BMP of ${bits} bits in compression ${compression}`);
  const masks = masksOf(view, bits, compression, size);
  const after = 14 + size + (compression === 3 && size === 40 ? 12 : 0);
  const start = view.getUint32(10, true);
  const used = old ? 0 : view.getUint32(46, true);
  const entry = old ? 3 : 4;
  const count = bits <= 8 ? Math.min(used || 2 ** bits, 2 ** bits, Math.floor((start - after) / entry)) : 0;
  const palette = Array.from({ length: Math.max(count, 0) }, (_, i) =>
    bytes.subarray(after + i * entry, after + i * entry + 3),
  );
  return { width, height, topDown: tall < 0, bits, compression, start, masks, palette };
}

function masksOf(view: DataView, bits: number, compression: number, size: number): number[] {
  if (compression !== 3) return bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  const count = size >= 56 ? 4 : 3;
  const masks = Array.from({ length: count }, (_, i) => view.getUint32(54 + 4 * i, true));
  return count === 4 ? masks : [...masks, 0];
}

/** Bytes of a row: rows are filled up to four. */
const rowBytes = ({ width, bits }: Header): number => Math.ceil((width * bits) / 32) * 4;

/** Where the y-th row from above is stored. */
const rowAt = ({ height, topDown }: Header, y: number): number => (topDown ? y : height - 1 - y);

/** The palette's index of every pixel, stored one after another, the first in the highest bits. */
function indices(bytes: Uint8Array, header: Header): Uint8Array {
  const { width, height, bits, start } = header;
  const out = new Uint8Array(width * height);
  const row = rowBytes(header);
  if (start + row * (height - 1) + Math.ceil((width * bits) / 8) > bytes.length)
    throw new Error('a BMP that is cut short');
  const perByte = 8 / bits;
  for (let y = 0; y < height; y++) {
    const from = start + rowAt(header, y) * row;
    for (let x = 0; x < width; x++) {
      const byte = bytes[from + Math.floor(x / perByte)]!;
      out[y * width + x] = (byte >> (8 - bits * ((x % perByte) + 1))) & (2 ** bits - 1);
    }
  }
  return out;
}

/** The same, stored as run lengths: see "Bitmap Compression" in Microsoft's documentation. What is skipped is colour 0. */
function runs(bytes: Uint8Array, header: Header): Uint8Array {
  const { width, height, bits, start } = header;
  const out = new Uint8Array(width * height);
  let [x, y] = [0, 0];
  const put = (value: number) => {
    if (x < width && y < height) out[rowAt(header, y) * width + x] = value;
    x++;
  };
  const value = (byte: number, i: number) => (bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15);
  for (let at = start; ; ) {
    const [count, next] = [bytes[at++], bytes[at++]];
    if (count === undefined || next === undefined) throw new Error('a BMP that is cut short');
    if (count > 0) for (let i = 0; i < count; i++) put(value(next, i));
    else if (next === 0) [x, y] = [0, y + 1];
    else if (next === 1) return out;
    else if (next === 2) {
      x += bytes[at++] ?? 0;
      y += bytes[at++] ?? 0;
    } else {
      const length = Math.ceil((next * bits) / 8);
      if (at + length > bytes.length) throw new Error('a BMP that is cut short');
      for (let i = 0; i < next; i++) put(value(bytes[at + (bits === 8 ? i : i >> 1)]!, i));
      at += length + (length % 2);
    }
  }
}

function fromPalette({ width, height, palette }: Header, indices: Uint8Array): DecodedPixels {
  const rgb = new Uint8Array(width * height * 3);
  indices.forEach((index, i) => {
    const [blue = 0, green = 0, red = 0] = palette[index] ?? [];
    rgb.set([red, green, blue], i * 3);
  });
  return { width, height, rgb };
}

function fromMasks(view: DataView, header: Header): DecodedPixels {
  const { width, height, bits, start, masks } = header;
  const row = rowBytes(header);
  if (start + row * (height - 1) + (width * bits) / 8 > view.byteLength)
    throw new Error('a BMP that is cut short');
  const channels = masks.map(mask => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: mask >>> shift };
  });
  const rgb = new Uint8Array(width * height * 3);
  const alpha = masks[3] === 0 ? undefined : new Uint8Array(width * height);
  for (let y = 0, i = 0; y < height; y++) {
    let at = start + rowAt(header, y) * row;
    for (let x = 0; x < width; x++, i++, at += bits / 8) {
      const pixel =
        bits === 16
          ? view.getUint16(at, true)
          : bits === 32
            ? view.getUint32(at, true)
            : view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
      channels.forEach(({ mask, shift, most }, c) => {
        const value = most === 0 ? 0 : Math.floor((((pixel & mask) >>> shift) * 255) / most);
        if (c < 3) rgb[i * 3 + c] = value;
        else if (alpha) alpha[i] = value;
      });
    }
  }
  return alpha ? { width, height, rgb, alpha } : { width, height, rgb };
}

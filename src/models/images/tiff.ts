import type { DecodedPixels } from './bmp.js';

/** What must be known of a TIFF file before it is decoded. */
export interface TiffHead {
  /** Tag 274: 1 as stored; 2 to 8 mirrored or turned. */
  readonly orientation: number;
  /** Set where its samples are Y, Cb, Cr, without JPEG, of which decoders make different things: the arithmetic to use. */
  readonly ycbcr: YcbcrArithmetic | undefined;
  /** Whether its fourth sample is said to mean nothing (tag 338 is 0). */
  readonly spareSample: boolean;
  /** The file's bytes with its samples declared as red, green and blue. */
  asRgb(bytes: Uint8Array): Uint8Array;
}

const COMPRESSION = 259;
const PHOTOMETRIC = 262;
const ORIENTATION = 274;
const EXTRA_SAMPLES = 338;
const SUBSAMPLING = 530;
const YCBCR = 6;
const RAW = 1;
const JPEG = [6, 7];

/** Of two programs that Pillow has at work, its own on files that are not compressed, libtiff on others: the last bits differ. */
type YcbcrArithmetic = 'pillow' | 'libtiff';

/** Reads the first directory of a TIFF file (TIFF 6.0, section 2); undefined for anything else. Throws an Error for Y, Cb, Cr of unequal resolution. */
export function readTiff(bytes: Uint8Array): TiffHead | undefined {
  const order = String.fromCharCode(...bytes.subarray(0, 2));
  if (bytes.length < 8 || (order !== 'II' && order !== 'MM')) return undefined;
  const little = order === 'II';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint16(2, little) !== 42) return undefined;
  const directory = view.getUint32(4, little);
  const count = directory + 2 <= bytes.length ? view.getUint16(directory, little) : 0;
  const shorts = new Map<number, { readonly place: number; readonly values: readonly number[] }>();
  for (let i = 0; i < count && directory + 14 + 12 * i <= bytes.length; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry + 2, little) !== 3) continue;
    const values = [view.getUint16(entry + 8, little), view.getUint16(entry + 10, little)];
    shorts.set(view.getUint16(entry, little), { place: entry + 8, values });
  }
  const first = (tag: number) => shorts.get(tag)?.values[0];
  const [across = 2, down = 2] = shorts.get(SUBSAMPLING)?.values ?? [1, 1];
  const compression = first(COMPRESSION) ?? RAW;
  const plain = first(PHOTOMETRIC) === YCBCR && !JPEG.includes(compression);
  if (plain && (across !== 1 || down !== 1))
    throw new Error(`a TIFF of Y, Cb, Cr at 1/${across} and 1/${down} of the resolution`);
  return {
    orientation: first(ORIENTATION) ?? 1,
    ycbcr: plain ? (compression === RAW ? 'pillow' : 'libtiff') : undefined,
    spareSample: first(EXTRA_SAMPLES) === 0,
    asRgb: bytes => {
      const copy = Uint8Array.from(bytes);
      new DataView(copy.buffer).setUint16(shorts.get(PHOTOMETRIC)!.place, 2, little);
      return copy;
    },
  };
}

/**
 * Y, Cb, Cr to red, green, blue in place (ITU-R BT.601 at full range, as JFIF has it), in fixed point: Pillow with six bits
 * after the point, cut off (its ConvertYCbCr.c); libtiff with sixteen, rounded (its tif_color.c).
 */
export function ycbcrToRgb(data: Uint8Array, arithmetic: YcbcrArithmetic): Uint8Array {
  const [bits, half] = arithmetic === 'pillow' ? [6, 0] : [16, 1 << 15];
  const table = (factor: number) => {
    const fixed = Math.trunc(Math.abs(factor) * 2 ** bits + 0.5) * Math.sign(factor);
    return Int32Array.from({ length: 256 }, (_, i) =>
      arithmetic === 'pillow' ? Math.trunc(factor * (i - 128) * 64 + 0.5) : fixed * (i - 128),
    );
  };
  const redCr = table(1.402);
  const greenCb = table((-0.114 * 1.772) / 0.587);
  const greenCr = table((-0.299 * 1.402) / 0.587);
  const blueCb = table(1.772);
  const clip = (value: number) => Math.max(0, Math.min(255, value));
  for (let i = 0; i < data.length; i += 3) {
    const [y, cb, cr] = [data[i]!, data[i + 1]!, data[i + 2]!];
    data[i] = clip(y + ((redCr[cr]! + half) >> bits));
    data[i + 1] = clip(y + ((greenCb[cb]! + greenCr[cr]! + half) >> bits));
    data[i + 2] = clip(y + ((blueCb[cb]! + half) >> bits));
  }
  return data;
}

/** The picture as an orientation (EXIF 2.3, tag 274) says it is to be seen. */
export function turned(picture: DecodedPixels, orientation: number): DecodedPixels {
  if (!(orientation >= 2 && orientation <= 8)) return picture;
  const { width, height, rgb, alpha } = picture;
  const swapped = orientation >= 5;
  const [wide, high] = swapped ? [height, width] : [width, height];
  // Which stored column and row a seen pixel comes from: counted from the other end, or not.
  const fromRight = [2, 3, 7, 8].includes(orientation);
  const fromBelow = [3, 4, 6, 7].includes(orientation);
  const out = new Uint8Array(rgb.length);
  const outAlpha = alpha && new Uint8Array(alpha.length);
  for (let y = 0, o = 0; y < high; y++) {
    for (let x = 0; x < wide; x++, o++) {
      const [column, row] = swapped ? [y, x] : [x, y];
      const i = (fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column);
      for (let c = 0; c < 3; c++) out[o * 3 + c] = rgb[i * 3 + c]!;
      if (alpha && outAlpha) outAlpha[o] = alpha[i]!;
    }
  }
  return { width: wide, height: high, rgb: out, ...(outAlpha && { alpha: outAlpha }) };
}

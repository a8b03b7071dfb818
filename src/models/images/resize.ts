/** 8-bit RGB, three bytes a pixel, row by row. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Filter {
  /** Half the filter's width, in source pixels at scale 1. */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Pillow's reconstruction filters, by the names of its `Resampling`. */
const resizeFilters = {
  bilinear: { support: 1, weight: x => Math.max(0, 1 - Math.abs(x)) },
  /** Keys' cubic convolution (1981) with a = -0.5. */
  bicubic: {
    support: 2,
    weight: x => {
      const a = -0.5;
      const t = Math.abs(x);
      if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
      return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
    },
  },
  lanczos: { support: 3, weight: x => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
} as const satisfies Record<string, Filter>;

export type ResizeFilter = keyof typeof resizeFilters;

/** What each output position sums: `size` source pixels from `start`, with fixed-point weights from `offset`. */
interface Taps {
  readonly start: Int32Array;
  readonly size: Int32Array;
  /** Weights of position i from `i * stride`. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Fraction bits of a weight: products of weights and 8-bit values then fit in 32 bits with two to spare. */
const PRECISION = 32 - 8 - 2;

/**
 * Resizes as Pillow's `Image.resize` does, to the last bit: a separable filter, stretched when shrinking (which
 * antialiases), one pass for each direction in 22-bit fixed point, rounded to 8 bits in between.
 * sharp's own kernels differ from it by up to a few levels, which is why they are not used.
 *
 * Since Pillow 13 the vertical pass comes first when it takes away more than twice as many lines as the horizontal one;
 * before, the horizontal one always did. An image that LLaVA padded to a square is the same either way.
 *
 * @param window what of the result is wanted, within it; the rest, which is most of a long strip's, is not computed
 */
export function resizeRgb(
  image: RgbImage,
  width: number,
  height: number,
  filter: ResizeFilter,
  window: Window = { left: 0, top: 0, width, height },
): RgbImage {
  const { weight, support } = resizeFilters[filter];
  const toWidth = (from: RgbImage): RgbImage =>
    from.width === width
      ? cut(from, { ...window, top: 0, height: from.height })
      : resampleRows(from, window.width, taps(from.width, width, support, weight, window.left, window.width));
  const toHeight = (from: RgbImage): RgbImage =>
    from.height === height
      ? cut(from, { ...window, left: 0, width: from.width })
      : resampleColumns(
          from,
          window.height,
          taps(from.height, height, support, weight, window.top, window.height),
        );
  const verticalFirst = height < image.height && image.height - height > 2 * (image.width - width);
  return verticalFirst ? toWidth(toHeight(image)) : toHeight(toWidth(image));
}

/** A rectangle inside an image, in its pixels. */
interface Window {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

function cut(image: RgbImage, { left, top, width, height }: Window): RgbImage {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, width, height };
}

/** Of `to` positions that `from` pixels become, the `wanted` ones from `begin` on. */
function taps(
  from: number,
  to: number,
  support: number,
  weight: (x: number) => number,
  begin: number,
  wanted: number,
): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  const stride = Math.ceil(reach) * 2 + 1;
  const start = new Int32Array(wanted);
  const size = new Int32Array(wanted);
  const weights = new Int32Array(wanted * stride);
  for (let i = 0; i < wanted; i++) {
    const centre = (begin + i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const count = Math.min(from, Math.trunc(centre + reach + 0.5)) - first;
    const exact = Array.from({ length: count }, (_, k) => weight((first + k - centre + 0.5) * (1 / stretch)));
    const sum = exact.reduce((a, b) => a + b, 0);
    exact.forEach((w, k) => {
      const scaled = (sum === 0 ? w : w / sum) * (1 << PRECISION);
      weights[i * stride + k] = Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
    start[i] = first;
    size[i] = count;
  }
  return { start, size, weights, stride };
}

const HALF = 1 << (PRECISION - 1);

/** A fixed-point sum, already with a half added, as an 8-bit value. */
const toByte = (sum: number): number => Math.max(0, Math.min(sum >> PRECISION, 255));

function resampleRows(
  { data, width, height }: RgbImage,
  to: number,
  { start, size, weights, stride }: Taps,
): RgbImage {
  const out = new Uint8Array(to * height * 3);
  for (let y = 0, o = 0; y < height; y++) {
    for (let x = 0; x < to; x++, o += 3) {
      let r = HALF;
      let g = HALF;
      let b = HALF;
      let p = (y * width + start[x]!) * 3;
      for (let k = x * stride, end = k + size[x]!; k < end; k++, p += 3) {
        const w = weights[k]!;
        r += data[p]! * w;
        g += data[p + 1]! * w;
        b += data[p + 2]! * w;
      }
      out[o] = toByte(r);
      out[o + 1] = toByte(g);
      out[o + 2] = toByte(b);
    }
  }
  return { data: out, width: to, height };
}

function resampleColumns(
  { data, width }: RgbImage,
  to: number,
  { start, size, weights, stride }: Taps,
): RgbImage {
  const row = width * 3;
  const out = new Uint8Array(row * to);
  const sums = new Float64Array(row); // exact: every partial sum is a whole number below 2^53
  for (let y = 0; y < to; y++) {
    sums.fill(HALF);
    for (let k = 0; k < size[y]!; k++) {
      const w = weights[y * stride + k]!;
      const from = (start[y]! + k) * row;
      for (let i = 0; i < row; i++) sums[i]! += data[from + i]! * w;
    }
    for (let i = 0; i < row; i++) out[y * row + i] = toByte(sums[i]!);
  }
  return { data: out, width, height: to };
}

import { decodeRgb } from './decode.js';
import type { ImageProcessorConfig, Rgb, ShortestEdge } from './processor-config.js';
import { type RgbImage, resizeRgb } from './resize.js';

/** An image as the vision tower takes it. */
export interface ProcessedImage {
  /** [side, side, 3], normalised. */
  readonly pixels: Float32Array;
  readonly side: number;
  /** Size of the image file, pixels. */
  readonly original: { readonly width: number; readonly height: number };
  /** What of the original the square shows. */
  readonly view: ImageView;
}

/**
 * The part of the original image that the model's square shows, in the original's pixels. It reaches beyond the image
 * where the image was padded (`left` or `top` negative) and is smaller than it where it was cropped. A point (u, v) of
 * the square, both in [0, 1], shows the original's point (left + u · width, top + v · height).
 */
export interface ImageView {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Image file → pixels, as Hugging Face's image processors on Pillow do: decode, pad to a square with the mean colour
 * (LLaVA; when the config says so), resize, centre crop, rescale, normalise.
 *
 * @param name the image as errors call it; UserError when it cannot be decoded
 * @param upscale enlarges the decoded image by this whole factor (Lanczos) before all else
 */
export async function processImage(
  bytes: Uint8Array,
  config: ImageProcessorConfig,
  name = 'image',
  upscale = 1,
): Promise<ProcessedImage> {
  const decoded = await decodeRgb(bytes, name, config.transparency);
  const { width, height } = decoded;
  const enlarged = resizeRgb(decoded, width * upscale, height * upscale, 'lanczos');
  const { square, view } = toSquare(enlarged, config);
  return {
    pixels: normalise(square.data, config),
    side: config.side,
    original: { width, height },
    view: {
      left: view.left / upscale,
      top: view.top / upscale,
      width: view.width / upscale,
      height: view.height / upscale,
    },
  };
}

/** The geometric part: 8-bit image → 8-bit square of `config.side`. */
function toSquare(
  image: RgbImage,
  { pad, size, resample, side }: ImageProcessorConfig,
): { readonly square: RgbImage; readonly view: ImageView } {
  const large = Math.max(image.width, image.height);
  const padding: Frame = {
    left: -Math.floor((large - image.width) / 2),
    top: -Math.floor((large - image.height) / 2),
    width: large,
    height: large,
  };
  const padded = pad ? framed(image, padding, pad.colour) : image;
  const { width, height } = 'shortestEdge' in size ? shortestEdgeSize(padded, size) : size;
  // When the square is larger than the image, the odd row or column of zeros comes first: Hugging Face's rounding.
  const crop: Frame = {
    left: Math.floor((width - side) / 2),
    top: Math.floor((height - side) / 2),
    width: side,
    height: side,
  };
  const shown = overlap(crop, width, height);
  const resized = resizeRgb(padded, width, height, resample, shown);
  const square = framed(
    resized,
    { ...crop, left: crop.left - shown.left, top: crop.top - shown.top },
    [0, 0, 0],
  );

  const stretchX = padded.width / width;
  const stretchY = padded.height / height;
  const view = {
    left: crop.left * stretchX + (pad ? padding.left : 0),
    top: crop.top * stretchY + (pad ? padding.top : 0),
    width: side * stretchX,
    height: side * stretchY,
  };
  return { square, view };
}

/**
 * The size of an image whose shorter side becomes `shortestEdge`, as Hugging Face's processors compute it: the longer side
 * is rounded down; where it would pass `longestEdge`, both follow from that, the shorter one rounded to even halves.
 */
function shortestEdgeSize(image: RgbImage, { shortestEdge, longestEdge }: ShortestEdge) {
  const short = Math.min(image.width, image.height);
  const long = Math.max(image.width, image.height);
  const passes = longestEdge !== undefined && (long / short) * shortestEdge > longestEdge;
  const exact = passes ? (longestEdge * short) / long : shortestEdge;
  const shorter = passes ? roundHalfToEven(exact) : shortestEdge;
  const longer = passes && short === shorter ? long : Math.trunc((exact * long) / short);
  return image.width <= image.height
    ? { width: shorter, height: longer }
    : { width: longer, height: shorter };
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/** A rectangle on an image, in its pixels; it may reach beyond it. */
type Frame = ImageView;

/** The part of a frame that lies on an image of this size. */
function overlap({ left, top, width, height }: Frame, wide: number, high: number): Frame {
  const [x, y] = [Math.max(left, 0), Math.max(top, 0)];
  return {
    left: x,
    top: y,
    width: Math.min(left + width, wide) - x,
    height: Math.min(top + height, high) - y,
  };
}

/** What `frame` shows of the image, `colour` where it shows nothing of it. */
function framed(image: RgbImage, frame: Frame, colour: Rgb): RgbImage {
  const { left, top, width, height } = frame;
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * 3; i++) data[i] = colour[i % 3]!;
  for (let y = 1; y < height; y++) data.copyWithin(y * width * 3, 0, width * 3);
  const x0 = Math.max(left, 0);
  const x1 = Math.min(left + width, image.width);
  for (let y = Math.max(top, 0); y < Math.min(top + height, image.height); y++) {
    const row = image.data.subarray((y * image.width + x0) * 3, (y * image.width + x1) * 3);
    data.set(row, ((y - top) * width + x0 - left) * 3);
  }
  return { data, width, height };
}

/** (value · rescale - mean) / std per channel, every step rounded to float32 as NumPy does it. */
function normalise(data: Uint8Array, { rescale, mean, std }: ImageProcessorConfig): Float32Array {
  const f = Math.fround;
  const tables = mean.map((m, c) =>
    Float32Array.from({ length: 256 }, (_, value) => f(f(f(value * rescale) - f(m)) / f(std[c]!))),
  );
  const out = new Float32Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = tables[i % 3]![data[i]!]!;
  return out;
}

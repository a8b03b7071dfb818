import sharp from 'sharp';
import { messageOf, UserError } from '../../errors.js';
import { type DecodedPixels, decodeBmp } from './bmp.js';
import { type PngHead, readPng } from './png.js';
import type { RgbImage } from './resize.js';
import { readTiff, type TiffHead, turned, ycbcrToRgb } from './tiff.js';

/**
 * What a transparent pixel shows: white, on which transformers' image processors lay it since release 5 (`convert_to_rgb` in
 * its image_transforms.py), or the colour that is stored beneath, as LLaVA's own code has it (`convert('RGB')`).
 */
export type Transparency = 'white' | 'colour beneath';

/** The kinds of files that are read, for messages. */
const READ_FORMATS = 'JPEG, PNG, WebP, TIFF, BMP, GIF and AVIF';

/**
 * Decodes an image file (`READ_FORMATS`; the first frame of an animation) as Pillow's `Image.open(file).convert('RGB')` does,
 * or laid on white as transformers does it; parity/make_picture_fixtures.py and make_image_fixtures.py have the files that this
 * is tested on:
 *
 * - Colour profiles are ignored, and EXIF orientation, too: the stored pixels count. But a TIFF is turned as it says.
 * - CMYK by the naive formula, (255 - channel) · (255 - K) / 255.
 * - 16 bits: the high byte; but 16-bit grey without alpha is cut off at 255, as Pillow does it.
 *
 * Known differences: the colour beneath a GIF's transparent pixels is black here (it is gone after decoding), and AVIF's
 * chroma is upsampled by another filter.
 *
 * @param name the image as errors call it
 */
export async function decodeRgb(
  bytes: Uint8Array,
  name: string,
  transparency: Transparency = 'colour beneath',
): Promise<RgbImage> {
  try {
    const { width, height, rgb, alpha } = await decode(bytes);
    if (alpha && transparency === 'white') layOnWhite(rgb, alpha);
    return { data: rgb, width, height };
  } catch (error) {
    const reason = messageOf(error).split('\n')[0];
    throw new UserError(
      `${name}: expected an image file, but its ${bytes.length} bytes cannot be decoded (${reason}); replace the file: ${READ_FORMATS} are read`,
    );
  }
}

async function decode(bytes: Uint8Array): Promise<DecodedPixels> {
  if (bytes[0] === 0x42 && bytes[1] === 0x4d) return decodeBmp(bytes);
  const tiff = readTiff(bytes);
  if (tiff) return turned(await decodeTiff(bytes, tiff), tiff.orientation);
  const png = readPng(bytes);
  return png ? decodePng(bytes, png) : decodeOther(bytes);
}

/** `failOn: 'error'`: truncated and corrupt files are refused, as by Pillow; what it reads with a warning is not. */
const open = (bytes: Uint8Array) => sharp(bytes, { ignoreIcc: true, failOn: 'error' });

async function decodeTiff(bytes: Uint8Array, tiff: TiffHead): Promise<DecodedPixels> {
  const { ycbcr, spareSample } = tiff;
  const { alpha, ...picture } = await decodeOther(ycbcr ? tiff.asRgb(bytes) : bytes);
  if (ycbcr) ycbcrToRgb(picture.rgb, ycbcr);
  return alpha && !spareSample ? { ...picture, alpha } : picture;
}

async function decodePng(bytes: Uint8Array, { grey16, keyless }: PngHead): Promise<DecodedPixels> {
  const { alpha, ...picture } = grey16 ? await decodeGrey16(bytes) : await decodeOther(bytes);
  return alpha && !keyless ? { ...picture, alpha } : picture;
}

async function decodeOther(bytes: Uint8Array): Promise<DecodedPixels> {
  const { space, channels } = await open(bytes).metadata();
  if (space === 'cmyk') return await decodeCmyk(bytes);
  if (space === 'grey16' && channels === 1) return await decodeGrey16(bytes);
  const { data, info } = await open(bytes).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return apart(data, info);
}

/** Interleaved channels as colour and alpha. */
function apart(
  data: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: number },
): DecodedPixels {
  if (channels === 3) return { width, height, rgb: data };
  const grey = channels < 3;
  const rgb = new Uint8Array(width * height * 3);
  const alpha = channels === 2 || channels === 4 ? new Uint8Array(width * height) : undefined;
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * channels + (grey ? 0 : c)]!;
    if (alpha) alpha[i] = data[i * channels + channels - 1]!;
  }
  return alpha ? { width, height, rgb, alpha } : { width, height, rgb };
}

/** Rounded to the nearest, as Pillow's `alpha_composite` on an opaque ground. */
function layOnWhite(rgb: Uint8Array, alpha: Uint8Array): void {
  for (let i = 0; i < rgb.length; i++) {
    const opacity = alpha[Math.floor(i / 3)]!;
    if (opacity < 255) rgb[i] = Math.round((rgb[i]! * opacity + 255 * (255 - opacity)) / 255);
  }
}

async function decodeCmyk(bytes: Uint8Array): Promise<DecodedPixels> {
  const { data, info } = await open(bytes)
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const light = 255 - data[i * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      // the product is divided by 255 and rounded, then subtracted: not the same as rounding the difference
      rgb[i * 3 + c] = light - Math.floor((data[i * channels + c]! * light + 127) / 255);
    }
  }
  return { width, height, rgb };
}

async function decodeGrey16(bytes: Uint8Array): Promise<DecodedPixels> {
  const { data, info } = await open(bytes)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const rgb = new Uint8Array(width * height * 3);
  const alpha = channels === 2 ? new Uint8Array(width * height) : undefined;
  for (let i = 0; i < width * height; i++) {
    rgb.fill(Math.min(data.readUInt16LE(i * 2 * channels), 255), i * 3, i * 3 + 3);
    if (alpha) alpha[i] = data[i * 4 + 2]!;
  }
  return alpha ? { width, height, rgb, alpha } : { width, height, rgb };
}

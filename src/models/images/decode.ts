import sharp from 'sharp';
import { messageOf, UserError } from '../../errors.js';
import type { RgbImage } from './resize.js';

/**
 * Decodes an image file (any format sharp reads; the first frame of an animation) as Pillow's
 * `Image.open(file).convert('RGB')` does, which is how LLaVA reads its images:
 *
 * - EXIF orientation and colour profiles are ignored: the stored pixels count.
 * - Alpha is dropped, not composited: what lies under transparent pixels shows.
 * - CMYK by the naive formula, (255 - channel) · (255 - K) / 255.
 * - 16 bits: the high byte; but 16-bit grey without alpha is cut off at 255, as Pillow does it.
 *
 * JPEG, PNG, WebP and TIFF come out as Pillow's to the last bit. Known differences: transparent pixels of a GIF are
 * black here (their colour is gone after decoding), and AVIF's chroma is upsampled by another filter.
 *
 * @param name the image as errors call it
 */
export async function decodeRgb(bytes: Uint8Array, name: string): Promise<RgbImage> {
  try {
    const { space, channels } = await open(bytes).metadata();
    if (space === 'cmyk') return await decodeCmyk(bytes);
    if (space === 'grey16' && channels === 1) return await decodeGrey16(bytes);
    const { data, info } = await open(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height };
  } catch (error) {
    const reason = messageOf(error).split('\n')[0];
    throw new UserError(
      `${name}: expected an image file, but its ${bytes.length} bytes cannot be decoded (${reason}); replace the file`,
    );
  }
}

/** `failOn: 'error'`: truncated and corrupt files are refused, as by Pillow; what it reads with a warning is not. */
const open = (bytes: Uint8Array) => sharp(bytes, { ignoreIcc: true, failOn: 'error' });

async function decodeCmyk(bytes: Uint8Array): Promise<RgbImage> {
  const { data, info } = await open(bytes)
    .pipelineColourspace('cmyk')
    .toColourspace('cmyk')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    const light = 255 - data[i * channels + 3]!;
    for (let c = 0; c < 3; c++) {
      // the product is divided by 255 and rounded, then subtracted: not the same as rounding the difference
      out[i * 3 + c] = light - Math.floor((data[i * channels + c]! * light + 127) / 255);
    }
  }
  return { data: out, width, height };
}

async function decodeGrey16(bytes: Uint8Array): Promise<RgbImage> {
  const { data, info } = await open(bytes)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++)
    out.fill(Math.min(data.readUInt16LE(i * 2), 255), i * 3, i * 3 + 3);
  return { data: out, width, height };
}

import sharp from 'sharp';
import type { Panel } from '../../records/figure.js';

/** Padding is drawn as LLaVA pads: in CLIP's mean colour. */
const PADDING = { r: 122, g: 116, b: 104 };

/**
 * The picture as the model sees it: uint8[side × side × 3]. Throws where the bytes are no image.
 * @param view what of it the model's square shows, which may reach beyond the picture; the whole picture unless given
 */
export async function asSeen(bytes: Uint8Array, view: Panel['view'], side: number): Promise<Uint8Array> {
  const image = sharp(bytes).toColourspace('srgb').removeAlpha();
  const { width, height } = await image.metadata();
  const [x, y, across, down] = view ?? [0, 0, width, height];
  const [left, top] = [Math.round(x), Math.round(y)];
  const [right, bottom] = [Math.round(x + across), Math.round(y + down)];
  const inside = { left: Math.max(0, left), top: Math.max(0, top) };
  const cut = await image
    .extract({
      ...inside,
      width: Math.min(width, right) - inside.left,
      height: Math.min(height, bottom) - inside.top,
    })
    .extend({
      left: Math.max(0, -left),
      top: Math.max(0, -top),
      right: Math.max(0, right - width),
      bottom: Math.max(0, bottom - height),
      background: PADDING,
    })
    .png()
    .toBuffer();
  return sharp(cut).resize(side, side, { fit: 'fill' }).removeAlpha().raw().toBuffer();
}

/** Raw RGB as a data URI. */
export async function dataUri(rgb: Uint8Array, side: number): Promise<string> {
  const jpeg = await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString('base64')}`;
}

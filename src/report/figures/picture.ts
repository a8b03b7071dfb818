import sharp from 'sharp';

/** A benchmark's picture. */
export interface Picture {
  /** The image file. */
  readonly bytes: Uint8Array;
  /**
   * What of it the model's square shows, in its pixels, as the image processor gives it; the whole picture unless given.
   * It reaches beyond the picture where that was padded.
   */
  readonly view?: View;
}

interface View {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Padding is drawn as LLaVA pads: in CLIP's mean colour. */
const PADDING = { r: 122, g: 116, b: 104 };

/** The picture as the model sees it: uint8[side × side × 3]. Throws where the bytes are no image. */
export async function asSeen({ bytes, view }: Picture, side: number): Promise<Uint8Array> {
  const image = sharp(bytes).toColourspace('srgb').removeAlpha();
  const { width, height } = await image.metadata();
  const seen = view ?? { left: 0, top: 0, width, height };
  const left = Math.round(seen.left);
  const top = Math.round(seen.top);
  const right = Math.round(seen.left + seen.width);
  const bottom = Math.round(seen.top + seen.height);
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

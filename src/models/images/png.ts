/** What must be known of a PNG file before it is decoded. */
export interface PngHead {
  /** 16-bit grey without an alpha channel, of which Pillow keeps the low values. */
  readonly grey16: boolean;
  /** Whether its transparent value (`tRNS`) matches no pixel to Pillow, which compares it with values of another depth. */
  readonly keyless: boolean;
}

const GREY = 0;
const COLOUR = 2;

/** Reads the chunks before the pixels (PNG, third edition, section 5); undefined for anything else. */
export function readPng(bytes: Uint8Array): PngHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 33 || view.getUint32(0) !== 0x89504e47) return undefined;
  const [depth, type] = [bytes[24], bytes[25]];
  const key = transparentValue(view);
  const shallow = type === GREY && (depth === 2 || depth === 4) && key !== 0;
  const deep = type === COLOUR && depth === 16;
  return { grey16: type === GREY && depth === 16, keyless: key !== undefined && (shallow || deep) };
}

/** The first number of the chunk `tRNS`. */
function transparentValue(view: DataView): number | undefined {
  for (let at = 8; at + 12 <= view.byteLength; ) {
    const [length, kind] = [view.getUint32(at), view.getUint32(at + 4)];
    if (kind === 0x74524e53 && length >= 2 && at + 10 <= view.byteLength) return view.getUint16(at + 8);
    if (kind === 0x49444154) return undefined;
    at += 12 + length;
  }
  return undefined;
}

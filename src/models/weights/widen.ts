import { UserError } from '../../errors.js';
import type { Dtype } from './safetensors.js';

/** Dtypes that weights are read from; each is exact in float32. */
const widths: Partial<Record<Dtype, number>> = { F32: 4, F16: 2, BF16: 2 };

/**
 * Where the stored bytes of `count` values go inside the float32 values they will become: at their end, so that
 * `widen` can turn 16 bits into 32 in place, front to back, without a second copy of the tensor in memory.
 */
export function storedPart(values: Float32Array<ArrayBuffer>, dtype: Dtype, name: string): Uint8Array {
  const width = widths[dtype];
  if (width === undefined) {
    throw new UserError(
      `tensor "${name}" is stored as ${dtype}; supported: ${Object.keys(widths).join(', ')}; convert the checkpoint`,
    );
  }
  const byteLength = values.length * width;
  return new Uint8Array(values.buffer, values.byteLength - byteLength, byteLength);
}

/** Turns what was read into `storedPart(values, dtype)` into float32, over itself. */
export function widen(values: Float32Array<ArrayBuffer>, dtype: Dtype): void {
  if (dtype === 'F32') return;
  const bits = new Uint32Array(values.buffer);
  const stored = new Uint16Array(values.buffer, values.length * 2);
  if (dtype === 'BF16') {
    for (let i = 0; i < bits.length; i++) bits[i] = stored[i]! << 16;
  } else {
    halfBits ??= Uint32Array.from({ length: 1 << 16 }, (_, half) => floatBits(half));
    for (let i = 0; i < bits.length; i++) bits[i] = halfBits[stored[i]!]!;
  }
}

let halfBits: Uint32Array | undefined;

/** The bits of the float32 that equals an IEEE 754 half. */
function floatBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13); // infinity, NaN
  if (exponent > 0) return sign | ((exponent + 127 - 15) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  const shift = Math.clz32(fraction) - 21; // a subnormal half is a normal float: its leading one moves to bit 10
  return sign | ((127 - 14 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

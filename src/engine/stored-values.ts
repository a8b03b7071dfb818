/** Bytes of one value, by the dtypes that weights are stored in; each is exact in float32. */
export const weightBytes = { F32: 4, F16: 2, BF16: 2 } as const;

export type WeightDtype = keyof typeof weightBytes;

/** Values as their file has them, little-endian. */
export interface StoredValues {
  readonly dtype: WeightDtype;
  readonly bytes: Uint8Array;
}

/**
 * Where the stored bytes go inside the float32 values they will become: at their end, so that `widen` can turn 16 bits
 * into 32 in place, front to back, without a second copy of the tensor in memory.
 */
export function storedPart(values: Float32Array<ArrayBuffer>, dtype: WeightDtype): Uint8Array {
  const byteLength = values.length * weightBytes[dtype];
  return new Uint8Array(values.buffer, values.byteLength - byteLength, byteLength);
}

/** Turns what was read into `storedPart(values, dtype)` into float32, over itself. */
export function widen(values: Float32Array<ArrayBuffer>, dtype: WeightDtype): void {
  if (dtype === 'F32') return;
  widenInto(values, new Uint16Array(values.buffer, values.length * 2), dtype);
}

/** Stored values as float32, in an array of their own. */
export function widened({ dtype, bytes }: StoredValues): Float32Array {
  const values = new Float32Array(bytes.length / weightBytes[dtype]);
  if (dtype === 'F32') new Uint8Array(values.buffer).set(bytes);
  else widenInto(values, halves(bytes), dtype);
  return values;
}

/** float32 values as they would be stored, in the same memory. */
export const storedFloats = ({ buffer, byteOffset, byteLength }: Float32Array): StoredValues => ({
  dtype: 'F32',
  bytes: new Uint8Array(buffer, byteOffset, byteLength),
});

/** Rows of a stored matrix in JavaScript: looking them up there beats every backend's gather. */
export interface EmbeddingTable {
  /** Writes row `row` into `target` from `at` on, in float32. */
  copyRow(row: number, target: Float32Array, at: number): void;
}

/** The table whose values are stored, `width` a row. */
export function embeddingTable({ dtype, bytes }: StoredValues, width: number): EmbeddingTable {
  const rowBytes = width * weightBytes[dtype];
  return {
    copyRow: (row, target, at) =>
      target.set(widened({ dtype, bytes: bytes.subarray(row * rowBytes, (row + 1) * rowBytes) }), at),
  };
}

const halves = (bytes: Uint8Array): Uint16Array =>
  bytes.byteOffset % 2 === 0
    ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    : new Uint16Array(bytes.slice().buffer);

/** Front to back, so that `stored` may be the second half of `values`. */
function widenInto(values: Float32Array<ArrayBuffer>, stored: Uint16Array, dtype: 'F16' | 'BF16'): void {
  const bits = new Uint32Array(values.buffer);
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

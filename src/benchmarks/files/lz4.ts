/**
 * One LZ4 block (lz4_Block_format.md) that unpacks to `size` bytes. Ours, as hyparquet-compressors 1.1.2 refuses a block whose
 * last literals are none ("lz4 offset out of range 0"). Throws an Error for a block that is damaged or of another size.
 */
export function lz4Block(input: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  const wrong = () => new Error(`an LZ4 block that is damaged, or does not unpack to ${size} bytes`);
  let at = 0;
  let end = 0;
  const length = (nibble: number): number => {
    let sum = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; sum += byte) {
      byte = input[at++] ?? -1;
      if (byte < 0) throw wrong();
    }
    return sum;
  };
  while (at < input.length) {
    const token = input[at++]!;
    const literals = length(token >> 4);
    if (at + literals > input.length || end + literals > size) throw wrong();
    out.set(input.subarray(at, at + literals), end);
    at += literals;
    end += literals;
    if (at === input.length) break; // the last sequence has no match
    if (at + 2 > input.length) throw wrong();
    const offset = input[at]! | (input[at + 1]! << 8);
    at += 2;
    const match = length(token & 15) + 4;
    if (offset === 0 || offset > end || end + match > size) throw wrong();
    for (const stop = end + match; end < stop; end++) out[end] = out[end - offset]!;
  }
  if (end !== size) throw wrong();
  return out;
}

/** The same in frames as Hadoop writes them, each after its unpacked and its packed size; or a bare block, where it is none. */
export function lz4Frames(input: Uint8Array, size: number): Uint8Array {
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  const parts: Uint8Array[] = [];
  let total = 0;
  for (let at = 0; at < input.length; ) {
    const [unpacked, packed] =
      at + 8 <= input.length ? [view.getUint32(at), view.getUint32(at + 4)] : [size + 1, 0];
    if (total + unpacked > size || at + 8 + packed > input.length) return lz4Block(input, size);
    parts.push(lz4Block(input.subarray(at + 8, at + 8 + packed), unpacked));
    total += unpacked;
    at += 8 + packed;
  }
  if (total !== size) return lz4Block(input, size);
  return Buffer.concat(parts);
}

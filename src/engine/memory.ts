import { memory } from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';

/** What the tensors of an engine hold, and how much they may. */
export interface MemoryAccount {
  /** Bytes held now. */
  bytes(): number;
  /** Bytes the engine may hold, or null where only the machine's memory limits it. */
  readonly limit: number | null;
}

/** The account of an engine whose allocator reports failure by itself: TensorFlow.js's own count. */
export const tensorAccount = (limit: number | null = null): MemoryAccount => ({
  bytes: () => memory().numBytes,
  limit,
});

/** The part of an Emscripten module that hands out memory. Pointers come back as signed 32-bit numbers. */
export interface WasmHeap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/**
 * wasm addresses 4 GiB. The space above this limit is left to what the kernels allocate inside (XNNPACK packs a copy
 * of a weight matrix; threads have stacks), which no account sees.
 */
const WASM_LIMIT = 3.5 * 2 ** 30;

/**
 * Makes `heap` refuse what it cannot hold. TensorFlow.js's wasm backend ignores a failed `malloc` and goes on at address
 * 0: every later number is silently wrong. Here such an allocation throws before anything is written.
 *
 * An allocation fails when `malloc` does, or when the block it found ends above `limit`: since `malloc` prefers free
 * space below, that says how full the heap really is, packed weights and fragments included.
 *
 * @param limit bytes; blocks end below it
 * @throws UserError from `_malloc`, with the numbers
 */
export function guardHeap(heap: WasmHeap, limit: number = WASM_LIMIT): MemoryAccount {
  // Emscripten replaces `_malloc` and `_free` by the compiled functions on their first call; wrap those.
  heap._free(heap._malloc(8));
  const { _malloc: malloc, _free: free } = heap;
  const sizes = new Map<number, number>();
  let held = 0;
  heap._malloc = bytes => {
    const pointer = malloc(bytes);
    const address = pointer >>> 0;
    if ((address === 0 && bytes > 0) || address + bytes > limit) {
      free(pointer);
      throw new UserError(outOfMemory(bytes, held, limit));
    }
    sizes.set(address, bytes);
    held += bytes;
    return pointer;
  };
  heap._free = pointer => {
    held -= sizes.get(pointer >>> 0) ?? 0;
    sizes.delete(pointer >>> 0);
    free(pointer);
  };
  return { bytes: () => held, limit };
}

function outOfMemory(bytes: number, held: number, limit: number): string {
  return (
    `the wasm engine can hold ${gib(limit)} of tensors: ${gib(held)} are held and ${gib(bytes)} more were asked for; ` +
    'use the native engine (vlm-spatial native, then --backend native), a smaller model or a smaller batch'
  );
}

/** A number of bytes for people. */
export const gib = (bytes: number): string =>
  bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(2)} GiB`;

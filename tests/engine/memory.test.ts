import { describe, expect, test } from 'vitest';
import { guardHeap, type WasmHeap } from '../../src/engine/memory.js';
import { UserError } from '../../src/errors.js';

/** A bump allocator over 4 GiB that, like Emscripten's, gives signed pointers, and 0 when it is full. */
function fakeHeap(start: number): WasmHeap & { readonly free: number[] } {
  let top = start;
  const free: number[] = [];
  return {
    free,
    _malloc: bytes => {
      if (top + bytes > 2 ** 32) return 0;
      top += bytes;
      return (top - bytes) | 0;
    },
    _free: pointer => {
      free.push(pointer);
    },
  };
}

const MIB = 2 ** 20;

describe('guardHeap', () => {
  test('counts what is held, by size and not by pointer sign', () => {
    const heap = fakeHeap(2 ** 31); // pointers from here on are negative
    const account = guardHeap(heap);
    const a = heap._malloc(10 * MIB);
    const b = heap._malloc(5 * MIB);
    expect(a).toBeLessThan(0);
    expect(account.bytes()).toBe(15 * MIB);
    heap._free(a);
    expect(account.bytes()).toBe(5 * MIB);
    heap._free(b);
    heap._free(0); // a tensor of strings has no block
    expect(account.bytes()).toBe(0);
  });

  test('refuses a block that ends above the limit, gives it back and says the numbers', () => {
    const heap = fakeHeap(1024);
    const account = guardHeap(heap, 100 * MIB);
    heap._malloc(60 * MIB);
    expect(() => heap._malloc(50 * MIB)).toThrow(UserError);
    expect(() => heap._malloc(70 * MIB)).toThrow(/60\.0 MiB are held and 70\.0 MiB more .* --backend native/);
    expect(account.bytes()).toBe(60 * MIB);
    expect(heap.free).toHaveLength(3); // the warm-up's and the two refused
  });

  test('refuses what malloc itself could not give, whatever the limit', () => {
    const heap = fakeHeap(2 ** 32 - 8 * MIB);
    guardHeap(heap, 2 ** 33);
    expect(() => heap._malloc(9 * MIB)).toThrow(UserError);
    expect(() => heap._malloc(MIB)).not.toThrow();
  });

  test('an allocation of nothing is allowed to be nowhere', () => {
    const heap: WasmHeap = { _malloc: () => 0, _free: () => {} };
    guardHeap(heap);
    expect(heap._malloc(0)).toBe(0);
  });
});

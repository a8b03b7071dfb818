import { expect } from 'vitest';

declare module 'vitest' {
  interface Matchers<T> {
    /**
     * That numbers lie close to the expected ones: the largest absolute difference is at most `tolerance` times the
     * expected tensor's scale, its largest absolute value. One measure for a whole tensor: small entries are not held
     * to a precision of their own.
     */
    toBeAllclose(expected: ArrayLike<number>, options: { readonly tolerance: number }): T;
  }
}

expect.extend({
  toBeAllclose(
    actual: ArrayLike<number>,
    expected: ArrayLike<number>,
    { tolerance }: { readonly tolerance: number },
  ) {
    if (actual.length !== expected.length) {
      return fail(`expected ${expected.length} numbers, got ${actual.length}`);
    }
    let scale = 0;
    let worst = 0;
    let difference = 0;
    for (let i = 0; i < expected.length; i++) {
      const distance = Math.abs(actual[i]! - expected[i]!);
      if (Number.isNaN(distance)) return fail(`at ${i}: expected ${expected[i]}, got ${actual[i]}`);
      scale = Math.max(scale, Math.abs(expected[i]!));
      if (distance > difference) [worst, difference] = [i, distance];
    }
    return {
      pass: difference <= tolerance * scale,
      message: () =>
        `largest difference ${difference} at ${worst} (expected ${expected[worst]}, got ${actual[worst]}), ` +
        `${scale === 0 ? 'where all are 0' : `${difference / scale} of the scale ${scale}`}; tolerance ${tolerance}`,
    };
  },
});

/** Never passes, negated or not: there is nothing to compare. */
function fail(message: string): never {
  throw new Error(`toBeAllclose: ${message}`);
}

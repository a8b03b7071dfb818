import { expect, test } from 'vitest';
import { FORMATS, readMutated } from '../benchmarks/mutations.js';

test.each(FORMATS)(
  '%s, %s: a thousand mutations, each read whole or refused in one line',
  async (...format) => {
    const { faults } = await readMutated(format, 1000, 1);
    expect(faults).toEqual([]);
  },
);

import { expect, test } from 'vitest';
import { FORMATS, readMutated } from './mutations.js';

test.each(FORMATS)('%s, %s: a mutated file is read whole or refused in one line', async (...format) => {
  const { refused, faults } = await readMutated(format, 30, 0);
  expect(faults).toEqual([]);
  expect(refused).toBeGreaterThan(2);
});

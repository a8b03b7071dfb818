import { expect, it } from 'vitest';
import { readConditions } from '../../../src/experiments/permute/conditions.js';
import { powerTable } from '../../../src/experiments/permute/power-table.js';
import { answers } from '../answers.js';

/** A model that a new order costs the answer on every `each`th image. */
function test(each: number, images: number) {
  const conditions = ['original', 'permuted-0', 'blank-image', 'text-only'];
  const result = answers(
    { model: 'Mini', benchmark: 'gqa', categories: ['query', 'verify'], conditions, images },
    ({ image, condition }) => (condition === 'permuted-0' && image % each === 0 ? 0 : 1),
  );
  return readConditions(result, { seeds: 1, order: 'random' });
}

it('says what the images at hand would show, and how many a difference needs', () => {
  const row = (difference: number) =>
    powerTable([test(4, 100)], { difference, power: 0.8 }).rows[0] as Record<string, number>;
  const { detectable, ...rest } = row(5);
  expect(rest).toMatchObject({ images: 100, questions: 200 });
  // A loss of 1 on a quarter of the images: standard error √(0.25 · 0.75 / 99), and (1.984 + 0.845) of it.
  expect(detectable).toBeCloseTo(100 * (1.98422 + 0.84534) * Math.sqrt((0.25 * 0.75) / 99), 2);
  expect(row(detectable!).needed).toBe(100);
  expect(row(detectable! / 2).needed).toBeGreaterThan(390);
  expect(row(detectable! / 2).neededQuestions).toBe(2 * row(detectable! / 2).needed!);
});

it('knows nothing of fewer than ten images', () => {
  const [row] = powerTable([test(4, 8)], { difference: 5, power: 0.8 }).rows;
  expect(row).toMatchObject({ images: 8, detectable: Number.NaN, needed: null, neededQuestions: null });
});

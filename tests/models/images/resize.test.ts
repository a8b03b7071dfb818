import { describe, expect, test } from 'vitest';
import { type ResizeFilter, type RgbImage, resizeRgb } from '../../../src/models/images/resize.js';
import { randomInt, seededRandom } from '../../../src/random.js';

// Exactness against Pillow is tested on its fixtures in image-processor.test.ts; here are laws and a hand-worked case.

function noise(width: number, height: number): RgbImage {
  const random = seededRandom('resize', width, height);
  return {
    data: Uint8Array.from({ length: width * height * 3 }, () => randomInt(random, 256)),
    width,
    height,
  };
}

function transposed({ data, width, height }: RgbImage): RgbImage {
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) out[(x * height + y) * 3 + c] = data[(y * width + x) * 3 + c]!;
    }
  }
  return { data: out, width: height, height: width };
}

const filters: ResizeFilter[] = ['bilinear', 'bicubic', 'lanczos'];

describe.each(filters)('%s', filter => {
  test.each([
    [5, 9],
    [64, 31],
    [7, 7],
  ])('a plain colour stays what it is at %i × %i', (width, height) => {
    const plain = (pixels: number) => new Uint8Array(pixels * 3).map((_, i) => [12, 255, 131][i % 3]!);
    const resized = resizeRgb({ data: plain(20 * 11), width: 20, height: 11 }, width, height, filter);
    expect(resized).toEqual({ data: plain(width * height), width, height });
  });

  test('the same size changes nothing', () => {
    const image = noise(13, 8);
    expect(resizeRgb(image, 13, 8, filter).data).toEqual(image.data);
  });

  test('rows are resized as columns are', () => {
    const image = noise(23, 10);
    const upright = resizeRgb(image, 9, 10, filter);
    const turned = resizeRgb(transposed(image), 10, 9, filter);
    expect(transposed(turned).data).toEqual(upright.data);
  });
});

test.each(filters)('%s: a part of the result is that part of the whole', filter => {
  for (const [from, to] of [
    [
      [31, 9],
      [17, 40],
    ],
    [
      [9, 31],
      [40, 12],
    ],
    [
      [12, 12],
      [12, 5],
    ],
    [
      [7, 50],
      [7, 11],
    ],
  ] as const) {
    const image = noise(from[0], from[1]);
    const whole = resizeRgb(image, to[0], to[1], filter);
    const part = resizeRgb(image, to[0], to[1], filter, { left: 3, top: 2, width: 4, height: 3 });
    const rows = [2, 3, 4].map(y => whole.data.subarray((y * to[0] + 3) * 3, (y * to[0] + 7) * 3));
    expect([...part.data]).toEqual(rows.flatMap(row => [...row]));
  }
});

test('halving averages neighbours when the filter is bilinear: weights 1 3 3 1 of 8', () => {
  const row = [0, 80, 160, 240, 200, 40];
  const data = Uint8Array.from(row.flatMap(v => [v, v, v]));
  const { data: halved } = resizeRgb({ data, width: 6, height: 1 }, 3, 1, 'bilinear');
  const middle = (1 * 80 + 3 * 160 + 3 * 240 + 1 * 200) / 8;
  expect(halved[3]).toBe(middle);
});

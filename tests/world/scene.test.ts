import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { rasterizeScene, renderScene } from '../../src/world/scene/draw.js';
import { LAYOUT_RULES, sampleLayout } from '../../src/world/scene/layout.js';
import {
  absoluteQuestion,
  attributeOf,
  extreme,
  holds,
  onlyOne,
  openQuestion,
  ordered,
  RELATIONS,
  SIDES,
  yesNoQuestion,
} from '../../src/world/scene/relations.js';
import { COLORS, PALETTE, type Scene, SHAPES, withContrast } from '../../src/world/scene/scene.js';

describe('sampleLayout', () => {
  it('keeps the rules', () => {
    const random = seededRandom('rules');
    for (let i = 0; i < 300; i++) {
      const layout = sampleLayout(random, 2 + (i % 5));
      expect(layout).toHaveLength(2 + (i % 5));
      for (const [j, a] of layout.entries()) {
        expect(a.radius).toBeGreaterThanOrEqual(9);
        expect(a.radius).toBeLessThanOrEqual(13);
        expect(Math.min(a.x, a.y, 128 - a.x, 128 - a.y)).toBeGreaterThanOrEqual(a.radius + 2);
        for (const b of layout.slice(j + 1)) {
          expect(Math.abs(a.x - b.x)).toBeGreaterThan(6);
          expect(Math.abs(a.y - b.y)).toBeGreaterThan(6);
          expect(Math.hypot(a.x - b.x, a.y - b.y)).toBeGreaterThan(a.radius + b.radius + 3);
        }
      }
    }
  });

  it('favours no place in the list and no side of the image', () => {
    const random = seededRandom('uniform');
    const leftmost = [0, 0, 0, 0, 0, 0];
    let left = 0;
    const n = 3000;
    for (let i = 0; i < n; i++) {
      const layout = sampleLayout(random, 6);
      leftmost[layout.indexOf(extreme(layout, 'left')!)]! += 1;
      left += layout.filter(({ x }) => x < 64).length;
    }
    const chiSquare = leftmost.reduce((sum, k) => sum + (k - n / 6) ** 2 / (n / 6), 0);
    expect(chiSquare).toBeLessThan(20.5); // 5 degrees of freedom, p = 0.001
    expect(Math.abs(left / (6 * n) - 0.5)).toBeLessThan(0.02);
  });

  it('takes the radii it is given, and says when there is no room', () => {
    const radii = [9, 13, 10];
    expect(sampleLayout(seededRandom('radii'), 3, LAYOUT_RULES, radii).map(({ radius }) => radius)).toEqual(
      radii,
    );
    const tight = { ...LAYOUT_RULES, minRadius: 40, maxRadius: 70 };
    expect(() => sampleLayout(seededRandom('tight'), 2, tight)).toThrow(/room for 2 objects/);
  });
});

describe('drawing', () => {
  const single = (shape: Scene['objects'][number]['shape']): Scene => ({
    size: 64,
    objects: [{ shape, color: 'blue', x: 32, y: 32, radius: 20 }],
  });

  // areas of the shapes at radius 1, from their definitions
  it.each([
    ['circle', Math.PI],
    ['square', (2 * 0.88) ** 2],
    ['triangle', (2 * 1.8) / 2],
    ['diamond', (2 * 1.5) / 2],
    ['cross', 2 * 2 * 0.7 - 0.7 ** 2],
    ['star', 5 * 0.42 * Math.sin(Math.PI / 5)],
  ] as const)('covers the area of a %s', async (shape, area) => {
    const pixels = await rasterizeScene(single(shape));
    const [red] = PALETTE.blue;
    let covered = 0;
    for (let i = 0; i < pixels.length; i += 3) covered += (255 - pixels[i]!) / (255 - red);
    expect(covered / (area * 400)).toBeCloseTo(1, 1);
  });

  it('leaves the ground white and fills objects with their colour', async () => {
    const pixels = await rasterizeScene(single('square'));
    const at = (x: number, y: number) => [...pixels.subarray(3 * (64 * y + x), 3 * (64 * y + x) + 3)];
    expect(pixels).toHaveLength(64 * 64 * 3);
    expect(at(2, 2)).toEqual([255, 255, 255]);
    expect(at(32, 32)).toEqual([...PALETTE.blue]);
    expect(at(32 - 16, 32 + 16)).toEqual([...PALETTE.blue]);
    expect(at(32 - 19, 32)).toEqual([255, 255, 255]);
  });

  it('writes the same pixels, and the same bytes, as PNG', async () => {
    const scene = single('star');
    const png = await renderScene(scene);
    expect(new Uint8Array(await sharp(png).raw().toBuffer())).toEqual(await rasterizeScene(scene));
    expect(await renderScene(scene)).toEqual(png);
  });

  it('draws mirrored scenes as mirrored pixels', async () => {
    const scene = (x: number): Scene => ({
      size: 64,
      objects: [{ shape: 'cross', color: 'red', x, y: 30, radius: 10 }],
    });
    const [one, other] = await Promise.all([rasterizeScene(scene(20)), rasterizeScene(scene(44))]);
    for (let y = 0; y < 64; y++) {
      for (let x = 0; x < 64; x++) expect(other[3 * (64 * y + 63 - x) + 1]).toBe(one[3 * (64 * y + x) + 1]);
    }
  });

  it('brings colours together as contrast falls', () => {
    expect(withContrast(PALETTE, 1)).toEqual(PALETTE);
    const distance = (palette: typeof PALETTE) =>
      Math.hypot(...palette.red.map((value, c) => value - palette.green[c]!));
    expect(distance(withContrast(PALETTE, 0.5)) / distance(PALETTE)).toBeCloseTo(0.5, 1);
  });
});

describe('relations', () => {
  const objects = [
    { name: 'a', x: 10, y: 50 },
    { name: 'b', x: 40, y: 10 },
    { name: 'c', x: 90, y: 90 },
  ];
  const [a, b, c] = objects as [(typeof objects)[0], (typeof objects)[0], (typeof objects)[0]];

  it('finds extremes, unless the lead is within the margin', () => {
    expect(SIDES.map(side => extreme(objects, side)?.name)).toEqual(['a', 'c', 'b', 'c']);
    expect(extreme(objects, 'left', 29)?.name).toBe('a');
    expect(extreme(objects, 'left', 30)).toBeUndefined();
    expect(ordered(objects, 'top').map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });

  it('orders pairs one way only, and by more than the margin', () => {
    const opposite = {
      'left of': 'right of',
      'right of': 'left of',
      above: 'below',
      below: 'above',
    } as const;
    for (const relation of RELATIONS) {
      for (const [p, q] of [
        [a, b],
        [b, c],
        [a, c],
      ] as const) {
        expect(holds(relation, p, q)).toBe(!holds(relation, q, p));
        expect(holds(relation, p, q)).toBe(holds(opposite[relation], q, p));
      }
    }
    expect(holds('above', b, a, 40)).toBe(false);
    expect(holds('above', b, a, 39)).toBe(true);
  });

  it('finds the one object on a side of another', () => {
    expect(onlyOne(objects, 'above', a)?.name).toBe('b');
    expect(onlyOne(objects, 'below', b)).toBeUndefined(); // two are
    expect(onlyOne(objects, 'above', b)).toBeUndefined(); // none is
    expect(onlyOne(objects, 'right of', b, 29)?.name).toBe('c');
    expect(onlyOne(objects, 'right of', b, 30)).toBeUndefined(); // a is too near to tell
  });

  it('words its questions as the model family was taught them', () => {
    const kind = { shape: 'circle', color: 'red' } as const;
    const other = { shape: 'star', color: 'blue' } as const;
    expect(absoluteQuestion('shape_color', 'top')).toBe('What object is at the top of the image?');
    expect(openQuestion('color', 'left of', kind)).toBe('What color is left of the red object?');
    expect(openQuestion('shape', 'above', kind)).toBe('What shape is above the circle?');
    expect(yesNoQuestion('shape_color', kind, 'below', other)).toBe('Is the red circle below the blue star?');
    expect(attributeOf(kind, 'shape_color')).toBe('red circle');
  });

  it('has as many colours as shapes', () => {
    expect(COLORS).toHaveLength(SHAPES.length);
  });
});

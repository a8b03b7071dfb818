import sharp from 'sharp';
import { PALETTE, type Palette, type Scene, type SceneObject, type Shape } from './scene.js';

/** Scenes are drawn at this many times their size and then reduced. */
const OVERSAMPLING = 2;

type Point = readonly [x: number, y: number];

/** The corners of a shape of radius 1 around the origin (y down); a circle has none. */
const OUTLINES: Readonly<Record<Exclude<Shape, 'circle'>, readonly Point[]>> = {
  square: [
    [-0.88, -0.88],
    [0.88, -0.88],
    [0.88, 0.88],
    [-0.88, 0.88],
  ],
  triangle: [
    [0, -1],
    [1, 0.8],
    [-1, 0.8],
  ],
  diamond: [
    [0, -1],
    [0.75, 0],
    [0, 1],
    [-0.75, 0],
  ],
  cross: plus(0.35),
  star: star(5, 0.42),
};

/** A plus sign with arms of length 1, `half` wide on each side of the axes. */
function plus(half: number): Point[] {
  const arm: Point[] = [
    [-half, -1],
    [half, -1],
    [half, -half],
  ];
  return [0, 1, 2, 3].flatMap(turns => arm.map(point => quarterTurns(point, turns)));
}

function quarterTurns([x, y]: Point, turns: number): Point {
  return turns === 0 ? [x, y] : quarterTurns([-y, x], turns - 1);
}

/** A star with `points` points at radius 1, one of them up, and `inner` between them. */
function star(points: number, inner: number): Point[] {
  return Array.from({ length: 2 * points }, (_, i) => {
    const angle = (i * Math.PI) / points - Math.PI / 2;
    const radius = i % 2 === 0 ? 1 : inner;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}

/** Three decimals: far below a pixel, and the same text on every machine. */
const number = (value: number) => String(Number(value.toFixed(3)));

function objectSvg({ shape, color, x, y, radius }: SceneObject, palette: Palette): string {
  const fill = `fill="rgb(${palette[color].join(',')})"`;
  if (shape === 'circle')
    return `<circle cx="${number(x)}" cy="${number(y)}" r="${number(radius)}" ${fill}/>`;
  const corners = OUTLINES[shape].map(([u, v]) => `${number(x + radius * u)},${number(y + radius * v)}`);
  return `<polygon points="${corners.join(' ')}" ${fill}/>`;
}

/** The scene as an SVG document of twice its size, without antialiasing. */
function sceneSvg(scene: Scene, palette: Palette = PALETTE): string {
  const { size } = scene;
  const side = size * OVERSAMPLING;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<rect width="${size}" height="${size}" fill="#fff"/>` +
    `${scene.objects.map(object => objectSvg(object, palette)).join('')}</svg>`
  );
}

/** The scene's pixels, [size, size, 3] RGB bytes in row-major order. */
export async function rasterizeScene(scene: Scene, palette: Palette = PALETTE): Promise<Uint8Array> {
  const drawn = await sharp(Buffer.from(sceneSvg(scene, palette)))
    .removeAlpha()
    .raw()
    .toBuffer();
  return halve(drawn, scene.size * OVERSAMPLING);
}

/** The scene as a PNG file; the same scene gives the same bytes under the same version of sharp. */
export async function renderScene(scene: Scene, palette: Palette = PALETTE): Promise<Buffer> {
  const { size } = scene;
  const pixels = await rasterizeScene(scene, palette);
  return sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

/**
 * Halves an RGB image [side, side, 3] with the triangle filter (1, 3, 3, 1) / 8 in both directions, which is
 * antialiased bilinear resizing by two; the border is repeated.
 */
function halve(pixels: Uint8Array, side: number): Uint8Array {
  const half = side / 2;
  const rows = new Uint16Array(half * side * 3); // [half, side, 3], times 8
  const stride = side * 3;
  for (let i = 0; i < half; i++) {
    const above = Math.max(2 * i - 1, 0) * stride;
    const first = 2 * i * stride;
    const second = first + stride;
    const below = Math.min(2 * i + 2, side - 1) * stride;
    for (let k = 0; k < stride; k++) {
      rows[i * stride + k] =
        pixels[above + k]! + 3 * (pixels[first + k]! + pixels[second + k]!) + pixels[below + k]!;
    }
  }
  const out = new Uint8Array(half * half * 3);
  for (let i = 0; i < half; i++) {
    for (let j = 0; j < half; j++) {
      const left = i * stride + Math.max(2 * j - 1, 0) * 3;
      const first = i * stride + 2 * j * 3;
      const right = i * stride + Math.min(2 * j + 2, side - 1) * 3;
      for (let c = 0; c < 3; c++) {
        const sum = rows[left + c]! + 3 * (rows[first + c]! + rows[first + 3 + c]!) + rows[right + c]!;
        out[(i * half + j) * 3 + c] = (sum + 32) >> 6; // rounded to nearest
      }
    }
  }
  return out;
}

/** The shapes of the drawn world, all of equal radius r: the geometry is in `draw.ts`. */
export const SHAPES = ['circle', 'square', 'triangle', 'diamond', 'cross', 'star'] as const;
export type Shape = (typeof SHAPES)[number];

export const COLORS = ['red', 'green', 'blue', 'yellow', 'purple', 'orange'] as const;
export type Color = (typeof COLORS)[number];

/** sRGB, 0–255. */
type Rgb = readonly [red: number, green: number, blue: number];
export type Palette = Readonly<Record<Color, Rgb>>;

export const PALETTE: Palette = {
  red: [220, 40, 40],
  green: [40, 170, 70],
  blue: [50, 80, 220],
  yellow: [235, 200, 40],
  purple: [150, 60, 180],
  orange: [240, 140, 30],
};

/** What an object is, wherever it lies. */
export interface Kind {
  readonly shape: Shape;
  readonly color: Color;
}

/** Where an object lies: its centre and radius in pixels, x to the right and y down from the image's top left corner. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

export interface SceneObject extends Kind, Placement {}

/** A square drawing of `size` pixels on white ground. In 2DS no two of its objects share a shape or a colour. */
export interface Scene {
  readonly size: number;
  readonly objects: readonly SceneObject[];
}

/**
 * A palette whose colours are harder to tell apart: every colour is moved towards the palette's mean until
 * only `contrast` (0 to 1; 1 leaves it as it is) of its distance is left.
 */
export function withContrast(palette: Palette, contrast: number): Palette {
  const mean = [0, 1, 2].map(c => COLORS.reduce((sum, name) => sum + palette[name][c]!, 0) / COLORS.length);
  const move = (rgb: Rgb) => rgb.map((v, c) => Math.round(mean[c]! + contrast * (v - mean[c]!)));
  return Object.fromEntries(COLORS.map(name => [name, move(palette[name])])) as unknown as Palette;
}

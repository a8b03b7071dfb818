/** Weights of picture and heat in an overlay (the released visualisation code's, see the paper's Appendix C). */
const PICTURE = 0.4;
const HEAT = 0.7;

/**
 * A grid of values over a picture: the grid, each value in [0, 1], is resized bilinearly, coloured, and added to the
 * darkened picture; sums are clipped.
 * @param rgb uint8[side × side × 3]
 * @param grid float[n × n], row by row
 * @param colours uint8[256 × 3], the colour map
 * @returns uint8[side × side × 3]
 */
export function overlay(
  rgb: Uint8Array,
  side: number,
  grid: readonly number[],
  colours: Uint8Array,
): Uint8ClampedArray {
  const out = new Uint8ClampedArray(rgb.length);
  const n = Math.sqrt(grid.length);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = bilinear(grid, n, ((x + 0.5) * n) / side - 0.5, ((y + 0.5) * n) / side - 0.5);
      const colour = 3 * Math.round(255 * value);
      const pixel = 3 * (y * side + x);
      for (let c = 0; c < 3; c++) out[pixel + c] = PICTURE * rgb[pixel + c]! + HEAT * colours[colour + c]!;
    }
  }
  return out;
}

/** The side of a square grid of values in [0, 1]; RangeError where it is none. */
export function gridSide(grid: readonly number[]): number {
  const side = Math.sqrt(grid.length);
  if (!Number.isInteger(side) || side === 0)
    throw new RangeError(`heat of ${grid.length} values is no square grid`);
  const wrong = grid.find(value => !(value >= 0 && value <= 1));
  if (wrong !== undefined) throw new RangeError(`heat holds ${wrong}, which is not in [0, 1]`);
  return side;
}

/** Between the four cells whose centres lie around (x, y); beyond the outermost centres the value stays. */
function bilinear(grid: readonly number[], n: number, x: number, y: number): number {
  const clamp = (at: number) => Math.min(Math.max(at, 0), n - 1);
  const [x0, y0] = [Math.floor(clamp(x)), Math.floor(clamp(y))];
  const [x1, y1] = [Math.min(x0 + 1, n - 1), Math.min(y0 + 1, n - 1)];
  const [u, v] = [clamp(x) - x0, clamp(y) - y0];
  const row = (at: number) => grid[at * n + x0]! * (1 - u) + grid[at * n + x1]! * u;
  return row(y0) * (1 - v) + row(y1) * v;
}

/** The path around a set of a grid's cells, as SVG path data in units of cells. */
export function outline(cells: readonly number[], n: number): string {
  const inside = new Set(cells);
  const edges = [...inside]
    .sort((a, b) => a - b)
    .flatMap(cell => {
      if (!(Number.isInteger(cell) && cell >= 0 && cell < n * n))
        throw new RangeError(`no cell ${cell} in a grid of ${n} × ${n}`);
      const x = cell % n;
      const y = Math.floor(cell / n);
      return [
        ...(inside.has(cell - n) ? [] : [`M${x} ${y}h1`]),
        ...(inside.has(cell + n) ? [] : [`M${x} ${y + 1}h1`]),
        ...(x > 0 && inside.has(cell - 1) ? [] : [`M${x} ${y}v1`]),
        ...(x < n - 1 && inside.has(cell + 1) ? [] : [`M${x + 1} ${y}v1`]),
      ];
    });
  return edges.join('');
}

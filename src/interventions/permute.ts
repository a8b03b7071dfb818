import { UsageError, UserError } from '../errors.js';
import { sinksAmong } from '../metrics/sinks.js';
import { type Random, seededRandom, shuffled } from '../random.js';
import type { InterventionReport } from '../records/prediction.js';
import { type ImageContext, type Intervention, ownIntervention } from './types.js';

export const orders = [
  'random',
  'reverse',
  'rows',
  'columns',
  'within-rows',
  'within-columns',
  'except-sinks',
  'within-objects',
  'among-objects',
] as const;

/**
 * How vision tokens are reordered. `random`: all of them, uniformly (the paper's test). `reverse`: last to first.
 * `rows`, `columns`: whole rows or columns of the grid change places. `within-rows`, `within-columns`: tokens change places
 * in their own row or column. `except-sinks`: all but the tokens of extreme norm (`sinksAmong`), which stay.
 * `within-objects`: in drawn scenes, each object's tokens change places among themselves; `among-objects`: pieces of the grid as large
 * as the largest object change places, one an object, as wholes. `blocks:K`: squares of K × K tokens change places.
 */
export type PermutationOrder = (typeof orders)[number] | `blocks:${number}`;

/** Reads an order as the command line gives it. */
export function parseOrder(text: string): PermutationOrder {
  if ((orders as readonly string[]).includes(text) || /^blocks:[1-9]\d*$/.test(text)) {
    return text as PermutationOrder;
  }
  throw new UsageError(
    `order "${text}" is not known; give ${orders.join(', ')} or blocks:K with the side K of a block`,
  );
}

/**
 * Reorders the vision tokens between projector and decoder (paper §3.1): one permutation per (seed, draw, image). It reports the
 * order: new token i is old token order[i].
 */
export const permute = (order: PermutationOrder = 'random', draw = 0): Intervention =>
  ownIntervention({
    kind: 'permute',
    params: { order, draw },
    visionTokens: (tokens, image, { takeRows, rowNorms }) => {
      const fixed = order === 'except-sinks' ? sinksAmong(rowNorms(tokens).dataSync()) : [];
      const moved = permutation(order, tokens.shape[0], draw, image, fixed);
      return { tokens: takeRows(tokens, moved), did: { order: moved } };
    },
  });

/** The order that a permutation reported; undefined where none did. */
export function orderIn(did: readonly InterventionReport[]): readonly number[] | undefined {
  const order = did.find(({ kind }) => kind === 'permute')?.did.order;
  return Array.isArray(order) ? order.map(Number) : undefined;
}

/** UserError where `count` vision tokens cannot be so reordered, before anything is run. */
export function checkOrder(order: PermutationOrder, count: number): void {
  permutation(order, count, 0, { id: '', seed: 0, objectCells: [] });
}

/**
 * New token i is old token p[i].
 * @param fixed the places of tokens that stay, where the order is `except-sinks`
 */
export function permutation(
  order: PermutationOrder,
  count: number,
  draw: number,
  { id, seed, objectCells }: ImageContext,
  fixed: readonly number[] = [],
): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  const random = seededRandom('permute', seed, draw, id);
  if (order === 'random') return shuffled(random, all);
  if (order === 'except-sinks') {
    const free = all.filter(place => !fixed.includes(place));
    const sources = shuffled(random, free);
    const moved = new Map(free.map((place, i) => [place, sources[i]!]));
    return all.map(place => moved.get(place) ?? place);
  }
  if (order === 'reverse') return all.reverse();
  const side = Math.round(Math.sqrt(count));
  if (side * side !== count) {
    throw new UserError(
      `order "${order}" needs a square grid of vision tokens, the model has ${count}; use random`,
    );
  }
  if (order === 'within-rows' || order === 'within-columns') return withinLines(order, side, random);
  if (order === 'within-objects' || order === 'among-objects') {
    if (!objectCells)
      throw new UserError(
        `order "${order}" needs drawn scenes whose objects are known, and ${id} is none: choose --bench 2ds, or order random`,
      );
    return order === 'within-objects'
      ? withinObjects(objectCells, all, random)
      : amongObjects(objectCells, all, side, random);
  }
  const [height, width] = blockShape(order, side);
  const corners = all.filter(i => Math.floor(i / side) % height === 0 && (i % side) % width === 0);
  const sources = shuffled(random, corners);
  const moved = new Array<number>(count);
  corners.forEach((corner, b) => {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) moved[corner + y * side + x] = sources[b]! + y * side + x;
    }
  });
  return moved;
}

/** Each row, or each column, in an order of its own. */
function withinLines(order: 'within-rows' | 'within-columns', side: number, random: Random): number[] {
  const lines = Array.from({ length: side }, () =>
    shuffled(
      random,
      Array.from({ length: side }, (_, i) => i),
    ),
  );
  return Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side];
    return order === 'within-rows' ? y * side + lines[y]![x]! : lines[x]![y]! * side + x;
  });
}

/** Each object's tokens in an order of their own, all others where they are. */
function withinObjects(
  objectCells: readonly (readonly number[])[],
  all: readonly number[],
  random: Random,
): number[] {
  const moved = [...all];
  for (const cells of objectCells) {
    shuffled(random, cells).forEach((source, i) => {
      moved[cells[i]!] = source;
    });
  }
  return moved;
}

/**
 * Pieces as large as the largest object, each around an object as far as the grid's edge allows, in a cycle: every piece gets another's
 * tokens. An object whose piece would overlap one before it stays.
 */
function amongObjects(
  objectCells: readonly (readonly number[])[],
  all: readonly number[],
  side: number,
  random: Random,
): number[] {
  const boxes = objectCells
    .filter(cells => cells.length > 0)
    .map(cells => {
      const rows = cells.map(cell => Math.floor(cell / side));
      const columns = cells.map(cell => cell % side);
      const [top, left] = [Math.min(...rows), Math.min(...columns)];
      return { top, left, height: Math.max(...rows) - top + 1, width: Math.max(...columns) - left + 1 };
    });
  const height = Math.max(0, ...boxes.map(box => box.height));
  const width = Math.max(0, ...boxes.map(box => box.width));
  const taken = new Set<number>();
  const pieces = boxes.flatMap(({ top, left }) => {
    const [y0, x0] = [Math.min(top, side - height), Math.min(left, side - width)];
    const piece = Array.from(
      { length: height * width },
      (_, i) => (y0 + Math.floor(i / width)) * side + x0 + (i % width),
    );
    if (piece.some(cell => taken.has(cell))) return [];
    for (const cell of piece) taken.add(cell);
    return [piece];
  });
  const moved = [...all];
  const cycle = shuffled(random, pieces);
  cycle.forEach((piece, i) => {
    const source = cycle[(i + 1) % cycle.length]!;
    piece.forEach((cell, k) => {
      moved[cell] = source[k]!;
    });
  });
  return moved;
}

/** Height and width, in tokens, of the pieces that change places. */
function blockShape(order: string, side: number): [number, number] {
  if (order === 'rows') return [1, side];
  if (order === 'columns') return [side, 1];
  const block = Number(order.slice('blocks:'.length));
  if (side % block !== 0) {
    throw new UserError(
      `order "${order}": blocks of side ${block} do not divide the ${side}×${side} grid of vision tokens; ` +
        `sides that do: ${Array.from({ length: side }, (_, i) => i + 1)
          .filter(n => side % n === 0)
          .join(', ')}`,
    );
  }
  return [block, block];
}

import { describe, expect, it } from 'vitest';
import { checkOrder, parseOrder, permutation } from '../../src/interventions/permute.js';

const image = { id: 'image 1', seed: 7 };
const sorted = (p: readonly number[]) => [...p].sort((a, b) => a - b);
const identity = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('permutation', () => {
  for (const order of [
    'random',
    'reverse',
    'rows',
    'columns',
    'within-rows',
    'within-columns',
    'except-sinks',
    'blocks:2',
    'blocks:4',
  ] as const) {
    it(`${order} moves every token exactly once`, () => {
      const p = permutation(order, 64, 0, image);
      expect(sorted(p)).toEqual(identity(64));
      expect(p).not.toEqual(identity(64));
    });
  }

  it('is the same for the same seed, draw and image, and another for any other', () => {
    const p = permutation('random', 64, 0, image);
    expect(permutation('random', 64, 0, image)).toEqual(p);
    expect(permutation('random', 64, 1, image)).not.toEqual(p);
    expect(permutation('random', 64, 0, { ...image, id: 'image 2' })).not.toEqual(p);
    expect(permutation('random', 64, 0, { ...image, seed: 8 })).not.toEqual(p);
  });

  it('is uniform: each token goes to each place equally often', () => {
    const counts = new Array<number>(16).fill(0);
    const draws = 4000;
    for (let draw = 0; draw < draws; draw++) {
      permutation('random', 4, draw, image).forEach((old, place) => {
        counts[place * 4 + old]! += 1;
      });
    }
    // Chi-square with 9 degrees of freedom: 27.9 is its 99.9 % quantile.
    const expected = draws / 4;
    const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(27.9);
  });

  it('rows keeps each row together and in order, columns each column', () => {
    const rows = permutation('rows', 25, 0, image);
    for (let r = 0; r < 5; r++) {
      const from = rows[r * 5]! / 5;
      expect(rows.slice(r * 5, r * 5 + 5)).toEqual(identity(5).map(c => from * 5 + c));
    }
    const columns = permutation('columns', 25, 0, image);
    for (let i = 0; i < 25; i++) expect(Math.floor(columns[i]! / 5)).toBe(Math.floor(i / 5));
    for (let i = 5; i < 25; i++) expect(columns[i]! - columns[i - 5]!).toBe(5);
  });

  it('within-rows keeps every token in its row, within-columns in its column, each line in an order of its own', () => {
    const inRows = permutation('within-rows', 64, 0, image);
    const inColumns = permutation('within-columns', 64, 0, image);
    inRows.forEach((old, i) => {
      expect(Math.floor(old / 8)).toBe(Math.floor(i / 8));
    });
    inColumns.forEach((old, i) => {
      expect(old % 8).toBe(i % 8);
    });
    const rows = identity(8).map(r => inRows.slice(8 * r, 8 * r + 8).map(old => old % 8));
    const columns = identity(8).map(c => identity(8).map(r => Math.floor(inColumns[8 * r + c]! / 8)));
    expect(new Set(rows.map(String)).size).toBeGreaterThan(4);
    expect(new Set(columns.map(String)).size).toBeGreaterThan(4);
  });

  it('except-sinks leaves those in their places and permutes all others; without any it is the random order', () => {
    const fixed = [3, 17, 40];
    const p = permutation('except-sinks', 64, 0, image, fixed);
    expect(sorted(p)).toEqual(identity(64));
    for (const place of fixed) expect(p[place]).toBe(place);
    expect(p.filter((old, place) => old === place).length).toBeLessThan(12);
    expect(permutation('except-sinks', 64, 0, image)).toEqual(permutation('random', 64, 0, image));
  });

  describe('in drawn scenes', () => {
    const objectCells = [[9, 10, 17, 18], [45, 46], []];
    const scene = { ...image, objectCells };

    it("within-objects moves each object's tokens among themselves alone", () => {
      const p = permutation('within-objects', 64, 0, scene);
      for (const cells of objectCells) expect(sorted(cells.map(cell => p[cell]!))).toEqual(cells);
      const others = identity(64).filter(cell => !objectCells.flat().includes(cell));
      for (const cell of others) expect(p[cell]).toBe(cell);
      expect(p).not.toEqual(identity(64));
    });

    it('among-objects moves them as wholes, in pieces as large as the largest', () => {
      const p = permutation('among-objects', 64, 0, scene);
      expect(sorted(p)).toEqual(identity(64));
      expect([9, 10, 17, 18].map(cell => p[cell])).toEqual([45, 46, 53, 54]);
      expect([45, 46, 53, 54].map(cell => p[cell])).toEqual([9, 10, 17, 18]);
      expect(p.filter((old, place) => old !== place)).toHaveLength(8);
      // At the grid's edge the piece moves inwards; one that overlaps another stays.
      const edge = permutation('among-objects', 64, 0, {
        ...image,
        objectCells: [
          [0, 1, 8, 9],
          [62, 63],
          [2, 9],
        ],
      });
      expect([0, 1, 8, 9].map(cell => edge[cell])).toEqual([54, 55, 62, 63]);
      expect(edge[2]).toBe(2);
    });

    it('are refused where the objects are not known', () => {
      expect(() => permutation('within-objects', 64, 0, image)).toThrow(
        /drawn scenes.*image 1 is none.*--bench 2ds/,
      );
      expect(() => checkOrder('among-objects', 64)).not.toThrow();
      expect(() => checkOrder('among-objects', 60)).toThrow('square grid');
    });
  });

  it('blocks:2 keeps each square of 2 × 2 tokens together', () => {
    const p = permutation('blocks:2', 16, 0, image);
    for (const corner of [0, 2, 8, 10]) {
      const from = p[corner]!;
      expect([p[corner + 1], p[corner + 4], p[corner + 5]]).toEqual([from + 1, from + 4, from + 5]);
    }
  });

  it('reverse is the last to the first', () => {
    expect(permutation('reverse', 4, 0, image)).toEqual([3, 2, 1, 0]);
  });

  it('says which blocks would fit, and that rows need a square grid', () => {
    expect(() => permutation('blocks:3', 64, 0, image)).toThrow('do not divide the 8×8 grid');
    expect(() => permutation('blocks:3', 64, 0, image)).toThrow('1, 2, 4, 8');
    expect(() => permutation('rows', 60, 0, image)).toThrow('square grid');
    expect(() => checkOrder('within-rows', 60)).toThrow('square grid');
    expect(() => checkOrder('random', 60)).not.toThrow();
  });

  it('refuses an order it does not know', () => {
    for (const text of ['', 'blocks', 'blocks:0', 'blocks:x', 'Random']) {
      expect(() => parseOrder(text)).toThrow('is not known');
    }
  });
});

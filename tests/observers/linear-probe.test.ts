import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { probeSums } from '../../src/observers/linear-probe.js';
import { type Random, seededRandom } from '../../src/random.js';
import { useEngine } from '../support/engine.js';

useEngine();

/** Box–Muller. */
const normal = (random: Random) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

type Matrix = number[][];

/** Rows of classes 0, 1, …: around the class's mean, with a covariance that is not round. */
function drawn(name: string, rows: number, means: Matrix, offset: number) {
  const random = seededRandom(name);
  const classes = Array.from({ length: rows }, () => Math.floor(random() ** 2 * means.length));
  const x = classes.map(k => {
    const noise = means[0]!.map(() => normal(random));
    return means[k]!.map((m, i) => offset + m * 2 ** i + noise[i]! * 2 ** i + noise[0]!);
  });
  return { x, classes };
}

/** Gauss–Jordan. */
function solve(a: Matrix, b: Matrix): Matrix {
  const rows = a.map((row, i) => [...row, ...b[i]!]);
  for (let i = 0; i < rows.length; i++) {
    const pivot = rows
      .slice(i)
      .reduce((best, row, k) => (Math.abs(row[i]!) > Math.abs(rows[best]![i]!) ? i + k : best), i);
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    rows[i] = rows[i]!.map(v => v / rows[i]![i]!);
    rows.forEach((row, k) => {
      const factor = row[i]!;
      if (k !== i) rows[k] = row.map((v, j) => v - factor * rows[i]![j]!);
    });
  }
  return rows.map(row => row.slice(a.length));
}

const average = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** Linear discriminant analysis in float64, stated from its definition on all rows at once. */
function reference(
  x: Matrix,
  classes: readonly number[],
  count: number,
  ridge: number,
  held: Matrix,
): number[] {
  const columns = x[0]!.map((_, i) => x.map(row => row[i]!));
  const centre = columns.map(average);
  const deviation = columns.map((c, i) => Math.sqrt(average(c.map(v => (v - centre[i]!) ** 2))));
  const standard = (row: readonly number[]) => row.map((v, i) => (v - centre[i]!) / deviation[i]!);
  const z = x.map(standard);
  const ofClass = (k: number) => z.filter((_, r) => classes[r] === k);
  const means = Array.from({ length: count }, (_, k) =>
    centre.map((_, i) => average(ofClass(k).map(row => row[i]!))),
  );
  const within = centre.map((_, i) =>
    centre.map((_, j) => {
      const products = z.map(
        (row, r) => (row[i]! - means[classes[r]!]![i]!) * (row[j]! - means[classes[r]!]![j]!),
      );
      return average(products) + (i === j ? ridge : 0);
    }),
  );
  const solved = solve(
    within,
    centre.map((_, i) => means.map(m => m[i]!)),
  );
  return held.map(standard).map(row => {
    const scores = means.map(
      (m, k) =>
        row.reduce((sum, v, i) => sum + (v - m[i]! / 2) * solved[i]![k]!, 0) +
        Math.log(ofClass(k).length / x.length),
    );
    return scores.indexOf(Math.max(...scores));
  });
}

const accuracy = (found: readonly number[], classes: readonly number[]) =>
  average(found.map((k, i) => (k === classes[i] ? 1 : 0)));

describe('linear probes', () => {
  const means = [
    [0, 0, 0, 0, 0],
    [1, 0, 1, 0, 0],
    [0, 2, 0, 0, 1],
    [-1, 0, 0, 1, 0],
  ];

  it('are linear discriminant analysis, whatever parts the rows come in and however far from 0', () => {
    const train = drawn('train', 600, means, 300);
    const test = drawn('test', 400, means, 300);
    const sums = probeSums({ kind: 4, half: 2 });
    for (let start = 0; start < 600; start += 50) {
      const part = tf.tensor2d(train.x.slice(start, start + 50));
      const classes = train.classes.slice(start, start + 50);
      sums.add(part, { kind: classes, half: classes.map(k => (k < 2 ? 0 : 1)) });
      part.dispose();
    }
    expect(sums.rows).toBe(600);
    const probes = sums.fit();
    const held = tf.tensor2d(test.x);
    const found = probes.classify(held);
    const ridge = (0.1 * 5) / 600;
    const halves = train.classes.map(k => (k < 2 ? 0 : 1));
    // Rows on the border between two classes may fall on either side in float32.
    const agree = (target: string, expected: readonly number[]) => accuracy(found[target]!, expected);
    expect(agree('kind', reference(train.x, train.classes, 4, ridge, test.x))).toBeGreaterThan(0.99);
    expect(agree('half', reference(train.x, halves, 2, ridge, test.x))).toBeGreaterThan(0.99);
    // The classes overlap: neither all right nor all one class, or agreeing would say nothing.
    expect(agree('kind', test.classes)).toBeGreaterThan(0.6);
    expect(agree('kind', test.classes)).toBeLessThan(0.95);
    expect(new Set(found.kind).size).toBe(4);
    expect(probes.guesses).toEqual({ kind: 0, half: 0 });
    tf.dispose(held);
    probes.dispose();
    sums.dispose();
  });

  it('tell classes apart that lie along a line', () => {
    const random = seededRandom('line');
    const classes = Array.from({ length: 400 }, (_, i) => i % 8);
    const x = tf.tensor2d(classes.map(k => [k + 0.1 * normal(random), normal(random), normal(random)]));
    const sums = probeSums({ place: 8 });
    sums.add(x, { place: classes });
    const probes = sums.fit();
    expect(accuracy(probes.classify(x).place!, classes)).toBeGreaterThan(0.99);
    x.dispose();
    probes.dispose();
    sums.dispose();
  });

  it('say no class that never came up, and bear inputs that never change', () => {
    const x = tf.tensor2d([
      [1, 7, 0],
      [2, 7, 1],
      [8, 7, 0],
      [9, 7, 1],
    ]);
    const sums = probeSums({ side: 3 });
    sums.add(x, { side: [0, 0, 2, 2] });
    const probes = sums.fit();
    expect(probes.classify(x).side).toEqual([0, 0, 2, 2]);
    x.dispose();
    probes.dispose();
    sums.dispose();
  });

  it('hold no more tensors after more rows, and none in the end', () => {
    const x = tf.tensor2d(drawn('memory', 50, means, 0).x);
    const before = tf.memory().numTensors;
    const sums = probeSums({ kind: 2 });
    const add = () => sums.add(x, { kind: Array.from({ length: 50 }, (_, i) => i % 2) });
    add();
    const held = tf.memory().numTensors;
    add();
    expect(tf.memory().numTensors).toBe(held);
    const probes = sums.fit();
    probes.classify(x);
    probes.dispose();
    sums.dispose();
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it('refuse to be fitted to nothing', () => {
    expect(() => probeSums({ kind: 2 }).fit()).toThrow(RangeError);
  });
});

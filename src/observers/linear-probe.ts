import * as tf from '@tensorflow/tfjs-core';
import { discriminants } from './discriminants.js';

/**
 * The ridge is this times width / rows: what a covariance's smallest values are off by grows so with the width, and shrinks
 * with the rows that it is taken from (in units of the inputs' variances, which are 1).
 */
const RIDGE = 0.1;

/** Classes of rows, by what is to be told of them. */
export type ClassesByTarget = Readonly<Record<string, readonly number[]>>;

/** Fitted linear probes on the same inputs, one a target. */
export interface LinearProbes {
  /** Classes of x [rows, width], row by row, by each target's probe. */
  classify(x: tf.Tensor2D): ClassesByTarget;
  /** Each target's most frequent class: what it is best to say without looking. */
  readonly guesses: Readonly<Record<string, number>>;
  dispose(): void;
}

/** Inputs and their classes as sums over rows: what linear probes are fitted from, in memory that does not grow with the rows. */
export interface ProbeSums {
  /** Rows seen. */
  readonly rows: number;
  /** x [rows, width]; for each target the class of every row. */
  add(x: tf.Tensor2D, classes: ClassesByTarget): void;
  /** RangeError before any row was added. */
  fit(): LinearProbes;
  dispose(): void;
}

/** Sums over rows; inputs z are shifted and scaled by the first rows' mean and deviation, so that float32 keeps their spread. */
interface Sums {
  readonly shift: tf.Tensor2D;
  readonly scale: tf.Tensor2D;
  /** Σ zᵀz [width, width]. */
  gram: tf.Tensor2D;
  /** Σ z [1, width]. */
  total: tf.Tensor2D;
  /** By target: Σ z of each class [classes, width]. */
  classTotals: Record<string, tf.Tensor2D>;
}

/**
 * Linear probes (Alain & Bengio 2016) by linear discriminant analysis: classes with means μ_k and one within-class
 * covariance Σ give the linear scores x·Σ⁻¹μ_k − μ_k·Σ⁻¹μ_k / 2 + log π_k (Hastie, Tibshirani & Friedman 2009, §4.3).
 *
 * Why this one: it is fitted from Σ xᵀx and the class sums alone, so images pass by once and none is kept, at any width; it
 * has no learning rate to tune and is the same in any order of images; and unlike regression on one-hot classes, whose
 * middle classes are masked where classes lie along a line (ibid. §4.2), as rows and columns do, it tells them apart.
 * Inputs are standardised; Σ gets a ridge, and Σ⁻¹μ comes from conjugate gradients on the engine.
 * @param classes number of classes of each target
 */
export function probeSums(classes: Readonly<Record<string, number>>): ProbeSums {
  const targets = Object.keys(classes);
  const counts = Object.fromEntries(targets.map(t => [t, new Array<number>(classes[t]!).fill(0)]));
  let sums: Sums | null = null;
  let rows = 0;

  function add(x: tf.Tensor2D, of: ClassesByTarget): void {
    if (x.shape[0] === 0) return;
    sums ??= emptySums(x, classes);
    const { shift, scale, gram, total, classTotals } = sums;
    const added = tf.tidy(() => {
      const z = tf.div<tf.Tensor2D>(tf.sub(x, shift), scale);
      const byClass = targets.map(target => {
        // wasm's oneHot writes whole numbers whatever type it is asked for (TensorFlow.js 4.22).
        const oneHot = tf.cast(
          tf.oneHot(tf.tensor1d([...of[target]!], 'int32'), classes[target]!),
          'float32',
        );
        return tf.add<tf.Tensor2D>(classTotals[target]!, tf.matMul(tf.transpose(oneHot), z));
      });
      const products = tf.matMul<tf.Tensor2D>(tf.transpose(z), z);
      return [
        tf.add<tf.Tensor2D>(gram, products),
        tf.add<tf.Tensor2D>(total, tf.sum(z, 0, true)),
        ...byClass,
      ] as const;
    });
    tf.dispose([gram, total, ...Object.values(classTotals)]);
    const [newGram, newTotal, ...byClass] = added.map(tensor => tf.keep(tensor));
    sums.gram = newGram!;
    sums.total = newTotal!;
    sums.classTotals = Object.fromEntries(targets.map((target, i) => [target, byClass[i]!]));
    rows += x.shape[0];
    for (const target of targets) for (const k of of[target]!) counts[target]![k]! += 1;
  }

  return {
    get rows() {
      return rows;
    },
    add,
    fit: () => {
      if (!sums) throw new RangeError('linear probe: nothing to fit to');
      return fitAll(sums, counts, rows);
    },
    dispose: () => {
      if (sums)
        tf.dispose([sums.shift, sums.scale, sums.gram, sums.total, ...Object.values(sums.classTotals)]);
      sums = null;
    },
  };
}

function emptySums(first: tf.Tensor2D, classes: Readonly<Record<string, number>>): Sums {
  const width = first.shape[1];
  const [shift, scale] = tf.tidy(() => {
    const mean = tf.mean<tf.Tensor2D>(first, 0, true);
    const variance = tf.mean(tf.square(tf.sub(first, mean)), 0, true);
    // Inputs of one value only have no deviation to scale by.
    return [
      mean,
      tf.add<tf.Tensor2D>(tf.sqrt(variance), tf.add(tf.mul(tf.max(tf.sqrt(variance)), 1e-3), 1e-12)),
    ];
  });
  const zeros = (count: number) => tf.keep(tf.zeros<tf.Rank.R2>([count, width]));
  return {
    shift: tf.keep(shift!),
    scale: tf.keep(scale!),
    gram: zeros(width),
    total: zeros(1),
    classTotals: Object.fromEntries(Object.entries(classes).map(([target, count]) => [target, zeros(count)])),
  };
}

/** A probe's scores of x: (x − centre)·weights + bias. */
interface Probe {
  /** [width, classes] */
  readonly weights: tf.Tensor2D;
  /** [1, classes] */
  readonly bias: tf.Tensor2D;
}

function fitAll(sums: Sums, counts: Readonly<Record<string, readonly number[]>>, rows: number): LinearProbes {
  const { shift, scale, gram, total, classTotals } = sums;
  const [mean, perDeviation, correlation, centre] = tf.tidy(() => {
    const mean = tf.div<tf.Tensor2D>(total, rows);
    const covariance = tf.sub(tf.div(gram, rows), tf.matMul(tf.transpose(mean), mean));
    const width = mean.shape[1];
    const diagonal = tf.sum(tf.mul(covariance, tf.eye(width)), 0, true);
    const perDeviation = tf.rsqrt(tf.maximum(diagonal, 1e-6)) as tf.Tensor2D;
    const correlation = tf.mul<tf.Tensor2D>(tf.mul(covariance, perDeviation), tf.transpose(perDeviation));
    return [mean, perDeviation, correlation, tf.add<tf.Tensor2D>(shift, tf.mul(mean, scale))];
  }) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
  const ridge = (RIDGE * shift.shape[1]) / rows;
  const probes = Object.fromEntries(
    Object.entries(counts).map(([target, perClass]): [string, Probe] => {
      const shares = perClass.map(count => count / rows);
      const [weights, bias] = tf.tidy(() => {
        const perRow = tf.tensor2d(perClass.map(count => [count > 0 ? 1 / count : 0]));
        const present = tf.tensor2d(perClass.map(count => [count > 0 ? 1 : 0]));
        // Class means, standardised; 0 where the class never came up.
        const distances = tf.sub(tf.mul(classTotals[target]!, perRow), mean);
        const means = tf.mul<tf.Tensor2D>(tf.mul(distances, perDeviation), present);
        const solved = discriminants(correlation, means, shares, ridge);
        const log = tf.tensor2d([shares.map(share => (share > 0 ? Math.log(share) : -1e9))]);
        const halves = tf.mul(tf.sum(tf.mul(means, solved), 1), 0.5);
        return [
          tf.transpose(tf.div(tf.mul(solved, perDeviation), scale)) as tf.Tensor2D,
          tf.sub<tf.Tensor2D>(log, tf.reshape(halves, [1, -1])),
        ];
      }) as [tf.Tensor2D, tf.Tensor2D];
      return [target, { weights, bias }];
    }),
  );
  tf.dispose([mean, perDeviation, correlation]);
  return {
    guesses: Object.fromEntries(
      Object.entries(counts).map(([target, perClass]) => [target, perClass.indexOf(Math.max(...perClass))]),
    ),
    classify: x =>
      Object.fromEntries(
        Object.entries(probes).map(([target, { weights, bias }]) => {
          const best = tf.tidy(() => tf.argMax(tf.add(tf.matMul(tf.sub(x, centre), weights), bias), 1));
          const found = [...best.dataSync()];
          best.dispose();
          return [target, found];
        }),
      ),
    dispose: () => tf.dispose([centre, ...Object.values(probes).flatMap(p => [p.weights, p.bias])]),
  };
}

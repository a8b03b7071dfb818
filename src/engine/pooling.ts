import * as tf from '@tensorflow/tfjs-core';

/** Rows (or columns) of a grid of side `grid` that window `i` of `side` covers: [first, end). Adaptive pooling's windows. */
export const poolingWindow = (grid: number, side: number, i: number): readonly [number, number] => [
  Math.floor((grid * i) / side),
  Math.ceil((grid * (i + 1)) / side),
];

/**
 * Adaptive average pooling of a square grid of tokens (row by row) to side × side (paper §3.2): window i covers
 * [⌊g·i/side⌋, ⌈g·(i+1)/side⌉) of the g rows or columns. x [B · g², width] → [B · side², width].
 * Written as one product with a matrix of window weights, the same on every backend.
 */
export function averagePool(x: tf.Tensor2D, side: number, batch = 1): tf.Tensor2D {
  const [rows, width] = x.shape;
  const grid = Math.round(Math.sqrt(rows / batch));
  const weights = tf.tensor2d(poolingWeights(grid, side), [side * side, grid * grid]);
  if (batch === 1) return tf.matMul(weights, x);
  const pooled = tf.matMul(
    tf.tile(tf.expandDims(weights, 0), [batch, 1, 1]),
    tf.reshape(x, [batch, grid * grid, width]),
  );
  return tf.reshape(pooled, [batch * side * side, width]);
}

function poolingWeights(grid: number, side: number): Float32Array {
  const weights = new Float32Array(side * side * grid * grid);
  windows(grid, side).forEach((cells, w) => {
    for (const cell of cells) weights[w * grid * grid + cell] = 1 / cells.length;
  });
  return weights;
}

/** The largest value of each channel over the same windows. x [g², width] → [side², width]. */
export function maxPool(x: tf.Tensor2D, side: number): tf.Tensor2D {
  const [rows, width] = x.shape;
  const cells = windows(Math.round(Math.sqrt(rows)), side);
  const longest = Math.max(...cells.map(window => window.length));
  // Windows are made equally long by repeating their first token, which no maximum minds.
  const padded = cells.flatMap(window => Array.from({ length: longest }, (_, i) => window[i] ?? window[0]!));
  const gathered = tf.gather(x, tf.tensor1d(padded, 'int32'));
  return tf.max<tf.Tensor2D>(tf.reshape(gathered, [side * side, longest, width]), 1);
}

/** The tokens of each window, row by row. */
function windows(grid: number, side: number): number[][] {
  const along = Array.from({ length: side }, (_, i) => {
    const [first, end] = poolingWindow(grid, side, i);
    return Array.from({ length: end - first }, (_, k) => first + k);
  });
  return along.flatMap(ys => along.map(xs => ys.flatMap(y => xs.map(x => y * grid + x))));
}

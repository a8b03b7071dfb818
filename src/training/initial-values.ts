import type { ParameterSource } from '../engine/parameters.js';
import { seededRandom } from '../random.js';

/**
 * A random start: each tensor from its own seed and name, so that a tensor that two variants share starts the same in both.
 * Norms start at 1, biases at 0, linear maps normal with standard deviation 1/√inputs, those that write into the
 * residual stream 1/√(2 · layers) times that (Radford et al. 2019), tables normal with `tableStd`. A vision tower's
 * position table starts as sines and cosines of row and column, as MAE's stays (He et al. 2022): from a random one
 * the order of objects was not learned at all.
 */
export function initialValues(seed: number, layers: number, tableStd: number): ParameterSource {
  return {
    read: async (name, shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      if (/norm[^.]*\.weight$/.test(name)) return new Float32Array(size).fill(1);
      if (name.endsWith('embeddings.position_embedding.weight')) return gridPositions(shape[0]!, shape[1]!);
      if (name.endsWith('.bias')) return new Float32Array(size);
      const std =
        /embed/.test(name) && !/patch_embedding/.test(name) ? tableStd : linearStd(name, shape, layers);
      return normal(seededRandom('initial values', seed, name), size, std);
    },
  };
}

function linearStd(name: string, shape: readonly number[], layers: number): number {
  const inputs = shape.slice(1).reduce((a, b) => a * b, 1);
  const residual = /\.(out_proj|fc2|o_proj|down_proj)\.weight$/.test(name);
  return Math.sqrt(1 / inputs) * (residual ? Math.sqrt(1 / (2 * layers)) : 1);
}

/** Amplitude of the position table's waves, near that of a patch's own embedding: at 0.3 places are not learned. */
const WAVE = 1;

/**
 * [1 + side², width]: the class token's position 0, then for each cell of the grid, row by row, sines and cosines of
 * its row (first half) and column (second half) at width / 4 frequencies from 1 down to 1e-4 (Vaswani et al. 2017).
 */
function gridPositions(positions: number, width: number): Float32Array {
  const side = Math.round(Math.sqrt(positions - 1));
  const frequencies = width / 4;
  const table = new Float32Array(positions * width);
  for (let cell = 0; cell < side * side; cell++) {
    [Math.floor(cell / side), cell % side].forEach((place, half) => {
      for (let f = 0; f < frequencies; f++) {
        const angle = place / 10000 ** (f / frequencies);
        const at = (cell + 1) * width + half * 2 * frequencies + f;
        table[at] = WAVE * Math.sin(angle);
        table[at + frequencies] = WAVE * Math.cos(angle);
      }
    });
  }
  return table;
}

/** Normal numbers by Box and Muller's method. */
function normal(random: () => number, size: number, std: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const radius = std * Math.sqrt(-2 * Math.log(1 - random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    if (i + 1 < size) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

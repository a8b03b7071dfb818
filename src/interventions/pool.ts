import { UsageError } from '../errors.js';
import { seededRandom, shuffled } from '../random.js';
import { type ImageContext, type Intervention, ownIntervention } from './types.js';

/**
 * How fewer vision tokens are made of many. `avg`: adaptive average pooling (the paper's); `max`: each channel's largest value
 * over the same windows; `centre`: of each window the token nearest its centre; `random`: tokens drawn for each image, in
 * their own order.
 */
export const poolings = ['avg', 'max', 'centre', 'random'] as const;

export type Pooling = (typeof poolings)[number];

/** Leaves `count` of the vision tokens, between projector and decoder (paper §3.2). They must fit: see `sideOf`. */
export const pool = (pooling: Pooling, count: number): Intervention =>
  ownIntervention({
    kind: 'pool',
    params: { pooling, count },
    visionTokens: (tokens, image, { averagePool, maxPool, takeRows, poolingWindow }) => {
      const all = tokens.shape[0];
      if (pooling === 'random') return takeRows(tokens, randomTokens(all, count, image));
      const [grid, side] = [Math.sqrt(all), Math.sqrt(count)];
      if (pooling === 'avg') return averagePool(tokens, side);
      if (pooling === 'max') return maxPool(tokens, side);
      const middles = Array.from({ length: side }, (_, i) => {
        const [first, end] = poolingWindow(grid, side, i);
        return Math.floor((first + end - 1) / 2);
      });
      return takeRows(
        tokens,
        middles.flatMap(y => middles.map(x => y * grid + x)),
      );
    },
  });

/** `count` of `all` tokens, rising. */
function randomTokens(all: number, count: number, { id, seed }: ImageContext): number[] {
  const random = seededRandom('pool', seed, id);
  const tokens = Array.from({ length: all }, (_, i) => i);
  return shuffled(random, tokens)
    .slice(0, count)
    .sort((a, b) => a - b);
}

/** Side of the square of `count` tokens; UsageError where they are no square, or do not fit into a grid of side `grid`. */
export function sideOf(count: number, grid: number): number {
  const side = Math.round(Math.sqrt(count));
  const [below, above] = [Math.floor(Math.sqrt(count)) ** 2, Math.ceil(Math.sqrt(count)) ** 2];
  if (side * side !== count) {
    throw new UsageError(
      `--tokens: ${count} tokens are not a square grid; the nearest that are: ${below || 1} and ${above}`,
    );
  }
  if (side > grid) {
    throw new UsageError(
      `--tokens: ${count} tokens are more than the ${grid * grid} (${grid}×${grid}) that the model has; give fewer`,
    );
  }
  return side;
}

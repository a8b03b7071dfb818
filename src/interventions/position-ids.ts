import { UserError } from '../errors.js';
import type { TokenInfo } from '../models/decoding/stretch.js';
import { permutation } from './permute.js';
import { type Intervention, ownIntervention } from './types.js';

/**
 * Permutes the position ids of the vision tokens while they keep their order: every token gets the very position that
 * `permute` would move it to, so the two differ only in which vision tokens a vision token sees (those before it in the
 * sequence). Text keeps its positions.
 */
export const permutePositions = (draw = 0): Intervention =>
  ownIntervention({
    kind: 'permute-positions',
    params: { draw },
    positions: (tokens, image) => {
      const own = visionPositions(tokens);
      const moved = new Map(
        permutation('random', own.length, draw, image).map((old, place) => [own[old]!, own[place]!]),
      );
      return tokens.map(({ role, position }) => (role === 'vision' ? moved.get(position)! : position));
    },
  });

/**
 * Gives all vision tokens one position, that of the middle one: no order is left in the ids, only in which vision tokens a vision
 * token sees. Text keeps its positions.
 */
export const onePosition = (): Intervention =>
  ownIntervention({
    kind: 'one-position',
    params: {},
    positions: tokens => {
      const own = visionPositions(tokens);
      const middle = own[Math.floor((own.length - 1) / 2)];
      return tokens.map(({ role, position }) => (role === 'vision' ? middle! : position));
    },
  });

/**
 * Gives every vision token its row and its column of the grid as two positions, from that of the first vision token on: the
 * frequencies of the rotation turn by one and the other in turn. Text is at its own position in both. UserError where the vision
 * tokens are no square grid.
 */
export const gridPositions = (): Intervention =>
  ownIntervention({
    kind: 'grid-positions',
    params: {},
    positions: tokens => {
      const own = visionPositions(tokens);
      if (own.length === 0) return tokens.map(({ position }) => position);
      const side = gridSide(own.length);
      const [start] = own;
      let place = -1;
      return tokens.map(({ role, position }) => {
        if (role !== 'vision') return position;
        place++;
        return [start! + Math.floor(place / side), start! + (place % side)];
      });
    },
  });

const visionPositions = (tokens: readonly TokenInfo[]): number[] =>
  tokens.filter(({ role }) => role === 'vision').map(({ position }) => position);

/** UserError where so many vision tokens are no square grid. */
function gridSide(count: number): number {
  const side = Math.round(Math.sqrt(count));
  if (side * side === count) return side;
  throw new UserError(`positions on a grid need a square grid of vision tokens, the model has ${count}`);
}

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
      const own = tokens.filter(({ role }) => role === 'vision').map(({ position }) => position);
      const moved = new Map(
        permutation('random', own.length, draw, image).map((old, place) => [own[old]!, own[place]!]),
      );
      return tokens.map(({ role, position }) => (role === 'vision' ? moved.get(position)! : position));
    },
  });

import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';
import type { Intervention } from './types.js';

/** Hidden states of another run, to be put in place of this one's. */
export interface Patch {
  /** 0: the input embeddings; i: the output of layer i. */
  readonly layer: number;
  /** Positions of the tokens whose states are replaced. */
  readonly tokens: readonly number[];
  /** [tokens of the prompt, width], of which those are taken. */
  readonly states: tf.Tensor2D;
  /** The run that they are from, in words. */
  readonly from: string;
}

/**
 * Activation patching (Vig et al. 2020; Meng et al. 2022): one layer's hidden states of some of a prompt's tokens are those of another
 * run of a prompt of the same length. UserError where the two lengths differ, or where there is no such token.
 */
export const patch = ({ layer, tokens, states, from }: Patch): Intervention => ({
  kind: 'patch',
  params: { layer, tokens: [...tokens], from },
  hidden: (x, at, stretch) => {
    if (at !== layer || stretch.every(({ position }) => !tokens.includes(position))) return x;
    const [length] = states.shape;
    if (stretch.length !== length) {
      throw new UserError(
        `patch from ${from}: its prompt has ${length} tokens, this one ${stretch.length}; patch between prompts of the same length`,
      );
    }
    const missing = tokens.find(position => !(position >= 0 && position < length));
    if (missing !== undefined)
      throw new UserError(`patch from ${from}: there is no token ${missing}, the prompt has ${length}`);
    return tf.tidy(() => {
      const chosen = tf.tensor2d(
        stretch.map(({ position }) => [tokens.includes(position)]),
        [length, 1],
        'bool',
      );
      return tf.where(chosen, states, x);
    });
  },
});

import type { Intervention } from './types.js';

/** Scales every vision token, between projector and decoder, to the L2 norm `norm`; its direction stays. */
export const rescale = (norm: number): Intervention => ({
  name: `rescale to norm ${norm}`,
  visionTokens: (tokens, _, { withNorm }) => withNorm(tokens, norm),
});

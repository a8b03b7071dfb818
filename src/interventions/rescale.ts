import { type Intervention, ownIntervention } from './types.js';

/**
 * Scales every vision token, between projector and decoder, to the L2 norm `norm`; its direction stays.
 * @param multiple what multiple of the mean text embedding's norm that is, where it was chosen as one
 */
export const rescale = (norm: number, multiple?: number): Intervention =>
  ownIntervention({
    kind: 'rescale',
    params: { norm, ...(multiple !== undefined && { multiple }) },
    visionTokens: (tokens, _, { withNorm }) => withNorm(tokens, norm),
  });

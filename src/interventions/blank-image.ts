import { type Intervention, ownIntervention } from './types.js';

/**
 * Shows the model an image of the processor's mean colour, which is 0 everywhere once the pixels are normalised:
 * what is left of a score then owes nothing to the image.
 */
export const blankImage = (): Intervention =>
  ownIntervention({ kind: 'blank-image', params: {}, pixels: pixels => new Float32Array(pixels.length) });

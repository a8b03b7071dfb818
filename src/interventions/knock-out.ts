import { MASKED } from '../engine/masked.js';
import { UsageError } from '../errors.js';
import { rangeWithin } from './range.js';
import { type Intervention, ownIntervention } from './types.js';

/** Decoder layers from the first to the last, both counted from 1. */
export interface LayerRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Forbids the text after the image and the answer to attend to vision tokens in a range of layers (attention knockout,
 * Geva et al. 2023). In the other layers they still see what earlier layers made of them.
 */
export const knockOut = ({ first, last }: LayerRange): Intervention =>
  ownIntervention({
    kind: 'knock-out',
    params: { first, last },
    attentionBias: layer =>
      layer >= first && layer <= last
        ? [
            { query: 'user', key: 'vision', bias: MASKED },
            { query: 'answer', key: 'vision', bias: MASKED },
          ]
        : [],
  });

/** Reads `3` or `1-4` for a decoder of `layers` layers; UsageError otherwise. */
export function parseLayers(text: string, layers: number): LayerRange {
  const range = rangeWithin(text, layers);
  if (range) return { first: range[0], last: range[1] };
  throw new UsageError(
    `--knock-out: "${text}" is no range of the decoder's layers 1 to ${layers}; give e.g. 1-${layers} or ${layers}`,
  );
}

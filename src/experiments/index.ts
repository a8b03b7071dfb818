import { attention } from './attention/index.js';
import { compression } from './compress/index.js';
import { spatial } from './eval/index.js';
import { norms } from './norms/index.js';
import { permutation } from './permute/index.js';
import { positions } from './positions/index.js';
import { probe } from './probe/index.js';
import { sweep } from './sweep/index.js';
import type { AnyExperiment } from './types.js';

/** Every diagnostic, in the order of the paper; `reproduce` runs them in this order. */
export const experiments: readonly AnyExperiment[] = [
  permutation,
  compression,
  norms,
  spatial,
  attention,
  positions,
  probe,
  sweep,
];

import { attention } from './attention.js';
import { compression } from './compression.js';
import { norms } from './norms.js';
import { permutation } from './permutation.js';
import { positions } from './positions.js';
import { probe } from './probe.js';
import { spatial } from './spatial.js';
import { sweep } from './sweep.js';
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

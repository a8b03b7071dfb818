import { attention } from './attention/index.js';
import { compress } from './compress/index.js';
import { evaluation } from './eval/index.js';
import { norms } from './norms/index.js';
import { patch } from './patch/index.js';
import { permute } from './permute/index.js';
import { positions } from './positions/index.js';
import { probe } from './probe/index.js';
import { sweep } from './sweep/index.js';
import type { Experiment } from './types.js';

/** Every diagnostic by its command, in the order of the paper; `reproduce` runs them in this order. Another is its file and one line. */
export const experiments = {
  permute,
  compress,
  norms,
  eval: evaluation,
  attention,
  positions,
  probe,
  patch,
  sweep,
} satisfies Record<string, Experiment>;

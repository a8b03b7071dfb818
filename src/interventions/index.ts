import { blankImage } from './blank-image.js';
import { knockOut } from './knock-out.js';
import { patch } from './patch.js';
import { permute } from './permute.js';
import { pool } from './pool.js';
import { gridPositions, onePosition, permutePositions } from './position-ids.js';
import { rescale } from './rescale.js';
import type { Intervention } from './types.js';

/** The package's interventions by their kind; another is its file and one line. */
export const interventions = {
  'blank-image': blankImage,
  permute,
  'permute-positions': permutePositions,
  'one-position': onePosition,
  'grid-positions': gridPositions,
  pool,
  rescale,
  'knock-out': knockOut,
  patch,
} satisfies Record<string, (...params: never[]) => Intervention>;

import { join } from 'node:path';
import { z } from 'zod';
import { type Preset, readPresets } from '../fetch/preset.js';
import { packageRoot } from '../package-root.js';

export type FetchKind = 'model' | 'bench';

/** What can be fetched: `configs/models`, `configs/benches`. */
export const fetchPresets = (kind: FetchKind): Preset[] =>
  readPresets(join(packageRoot, 'configs', kind === 'model' ? 'models' : 'benches'));

/** The folder that fetched models lie in, each in one of its own, unless a command is told another. */
export const MODELS = 'models';

export const modelsOption = z
  .string()
  .default(MODELS)
  .meta({ description: 'folder of fetched models', placeholder: 'DIR' });

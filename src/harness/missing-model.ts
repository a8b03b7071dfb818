import { existsSync } from 'node:fs';
import { basename, dirname, relative } from 'node:path';
import { UserError } from '../errors.js';
import { fetchPresets } from './fetch-presets.js';
import { unfinishedFetch } from './unfinished-fetch.js';

/**
 * The command that brings a model's folder (or a vision tower's) into being, by the folder's name; undefined where the folder
 * is none that can be fetched.
 */
export function missingModelHint(path: string): string | undefined {
  const name = basename(path);
  if (!fetchPresets('model').some(preset => preset.name === name)) return undefined;
  const folder = relative('', dirname(path)) || '.';
  return `vlm-spatial fetch model ${name}${folder === 'models' ? '' : ` --models ${folder}`}`;
}

/** UserError where a folder that can be fetched is not there, or its fetch was stopped, with the command that brings it. */
export async function requireFetched(folder: string): Promise<void> {
  if (!existsSync(folder)) {
    const hint = missingModelHint(folder);
    throw new UserError(
      `${folder} is not there: ${hint === undefined ? 'give the folder of a checkpoint, or a name that vlm-spatial list models shows' : `${hint} brings it`}`,
    );
  }
  const unfinished = await unfinishedFetch(folder);
  if (unfinished !== undefined) {
    throw new UserError(`${folder} was not fetched to the end: ${unfinished} goes on with it`);
  }
}

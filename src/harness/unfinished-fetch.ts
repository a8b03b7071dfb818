import { basename, dirname, relative } from 'node:path';
import { isWhole } from '../fetch/fetch-preset.js';
import { readManifest } from '../fetch/manifest.js';
import { fetchPresets } from './fetch-presets.js';

/**
 * The command that finishes a fetch that was stopped in this folder, or whose files were cut or lost since; undefined for a
 * folder that is whole, or that was not fetched. Part of a benchmark would pass for all of it.
 */
export async function unfinishedFetch(folder: string): Promise<string | undefined> {
  const manifest = await readManifest(folder);
  if (!manifest || (await isWhole(manifest, folder))) return undefined;
  const isModel = fetchPresets('model').some(({ name }) => name === manifest.preset);
  const [kind, flag] = isModel ? ['model', 'models'] : ['bench', 'datasets'];
  const root = relative('', dirname(folder)) || '.';
  return `vlm-spatial fetch ${kind} ${basename(folder)}${root === flag ? '' : ` --${flag} ${root}`}`;
}

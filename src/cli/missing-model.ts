import { basename, dirname, relative } from 'node:path';
import { fetchPresets } from './fetch-presets.js';

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

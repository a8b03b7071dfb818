import { basename } from 'node:path';
import { fetchPresets } from './fetch-presets.js';

/**
 * The command that brings a model's folder (or a vision tower's) into being, by the folder's name; undefined where the folder
 * is none that can be fetched.
 */
export function missingModelHint(path: string): string | undefined {
  const name = basename(path);
  return fetchPresets('model').some(preset => preset.name === name)
    ? `vlm-spatial fetch model ${name}`
    : undefined;
}

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isComplete } from './fetch-preset.js';
import { MANIFEST, readManifest } from './manifest.js';
import type { Preset } from './preset.js';

/**
 * How much of a preset a folder holds: all of it as it was fetched, part of it (or another version's), files that somebody has
 * placed there, or nothing.
 */
export type FolderState = 'fetched' | 'incomplete' | 'by hand' | 'missing';

/** A folder's state by its manifest and its files' sizes, and the bytes of all files in it; no source is asked. */
export async function folderState(
  preset: Preset,
  folder: string,
): Promise<{ state: FolderState; bytes: number }> {
  const { files, bytes } = await contents(folder);
  if (files === 0) return { state: 'missing', bytes };
  if (!(await readManifest(folder))) return { state: 'by hand', bytes };
  return { state: (await isComplete(preset, folder)) ? 'fetched' : 'incomplete', bytes };
}

/** How many files a folder has, and their bytes together; none where there is no such folder. */
export async function contents(folder: string): Promise<{ files: number; bytes: number }> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  let files = 0;
  let bytes = 0;
  for (const name of names) {
    const found = await stat(join(folder, name)).catch(() => undefined);
    if (!found?.isFile() || name === MANIFEST) continue;
    files++;
    bytes += found.size;
  }
  return { files, bytes };
}

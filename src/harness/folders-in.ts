import { readdir } from 'node:fs/promises';

/** Names of the folders in a folder, sorted; none where it is not there or cannot be read. */
export async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries
    .filter(entry => entry.isDirectory())
    .map(entry => entry.name)
    .sort();
}

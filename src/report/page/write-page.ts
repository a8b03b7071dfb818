import { rename, writeFile } from 'node:fs/promises';
import { toDisk } from '../to-disk.js';

/** Writes a page piece by piece; a reader finds the old one or the new one. UserError where it cannot be written. */
export async function writePage(path: string, pieces: AsyncIterable<string>): Promise<void> {
  await toDisk(path, async () => {
    await writeFile(`${path}.tmp`, pieces);
    await rename(`${path}.tmp`, path);
  });
}

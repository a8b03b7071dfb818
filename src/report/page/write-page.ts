import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, UserError } from '../../errors.js';

/** Writes a page piece by piece; a reader finds the old one or the new one. UserError where it cannot be written. */
export async function writePage(path: string, pieces: AsyncIterable<string>): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.tmp`, pieces);
    await rename(`${path}.tmp`, path);
  } catch (error) {
    throw new UserError(
      `${path} cannot be written (${messageOf(error)}): choose a folder that you may write to`,
    );
  }
}

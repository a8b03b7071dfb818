import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { makeFolder } from '../make-folder.js';

/**
 * Writes a file, and makes its folder: beside its place first, then renamed to it, so that a reader, or a disk that fills up,
 * finds the old file or the new one. UserError where the disk does not take it; any other error, which is the content's, is
 * passed on as it is.
 *
 * @param content a text, bytes, or pieces of text one after another
 */
export async function toDisk(
  path: string,
  content: string | Uint8Array | AsyncIterable<string>,
  advice = 'choose a folder that you may write to',
): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    await makeFolder(dirname(path));
    await writeFile(beside, content);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UserError(`${path} cannot be written (${messageOf(error)}): ${advice}`, { cause: error });
  }
}

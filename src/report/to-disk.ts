import { dirname } from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { makeFolder } from '../make-folder.js';

/**
 * Makes a file's folder, then has the file written. UserError where the disk does not take it; any other error, which is the
 * content's, is passed on as it is.
 */
export async function toDisk(
  path: string,
  write: () => Promise<void>,
  advice = 'choose a folder that you may write to',
): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await write();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UserError(`${path} cannot be written (${messageOf(error)}): ${advice}`, { cause: error });
  }
}

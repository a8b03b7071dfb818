import { lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder } from '../make-folder.js';

/** What a listing may call a file so that it lies below the folder it is fetched into, on any system. */
export const safePath = (path: string): boolean =>
  path.length > 0 &&
  path.length <= 1024 &&
  !/[\\:\p{Cc}]/u.test(path) &&
  path.split('/').every(part => part !== '' && part !== '.' && part !== '..');

/**
 * Where a file goes below `root`, whose folders are made. UserError where the name leads out of it, or where a folder on the
 * way, or the file itself, is a symbolic link: what is written there would land elsewhere.
 */
export async function placeBelow(root: string, path: string): Promise<string> {
  if (!safePath(path)) {
    throw new UserError(
      `${JSON.stringify(path.slice(0, 200))} is no file name below ${root}: the source's listing is not to be trusted, nothing was written`,
    );
  }
  await makeFolder(root);
  const parts = path.split('/');
  for (let depth = 1; depth <= parts.length; depth++) {
    const place = join(root, ...parts.slice(0, depth));
    const found = await lstat(place).catch(() => undefined);
    if (found?.isSymbolicLink()) {
      throw new UserError(
        `${place} is a symbolic link: remove it, fetched files are not written through links`,
      );
    }
    if (depth < parts.length && !found) await mkdir(place);
  }
  return join(root, ...parts);
}

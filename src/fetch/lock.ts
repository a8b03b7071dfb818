import { open, readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { messageOf, UserError } from '../errors.js';

/** The locks of this process. */
const held = new Set<string>();

/**
 * Makes this process the only one that fetches into a folder, until the function that is returned is called; the lock of a
 * process that has died is taken over. UserError while another fetches there.
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, '.vlm-spatial-fetch.lock');
  const me = `${process.pid} on ${hostname()}`;
  for (let attempt = 1; ; attempt++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(me);
      await file.close();
      held.add(path);
      return async () => {
        held.delete(path);
        await rm(path, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
        throw new UserError(`${folder} cannot be written (${messageOf(error)}): name another folder`);
      }
    }
    const holder = await readFile(path, 'utf8').catch(() => '');
    if (attempt === 2 || held.has(path) || !isDead(holder)) {
      throw new UserError(
        `${holder === '' ? 'another process' : `process ${holder}`} fetches into ${folder} already: wait until it is done, or, if it is gone, delete ${path}`,
      );
    }
    await rm(path, { force: true });
  }
}

/** A process of this machine that runs no more; of another machine's that cannot be known. */
function isDead(holder: string): boolean {
  const [, pid, host] = /^(\d+) on (.+)$/.exec(holder) ?? [];
  if (pid === undefined || host !== hostname()) return false;
  if (Number(pid) === process.pid) return true; // an id that came round again
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

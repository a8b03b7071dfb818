import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder as makeAll } from '../make-folder.js';
import { diskError } from './disk-error.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import { type RunInfo, readRunInfo } from './run-info.js';

/** Where a run of this key lives: `<root>/<suite>/<experiment>/<name>-<first 8 digits of the key>`. */
export function runFolder(
  root: string,
  suite: string,
  experiment: string,
  name: string,
  key: string,
): string {
  return join(root, plain(suite), plain(experiment), `${plain(name)}-${key.slice(0, 8)}`);
}

/** A part of a path that names the same folder on every file system. */
function plain(name: string): string {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name))
    throw new UserError(`"${name}" cannot name a folder: use letters, digits, "-", "_" and "." only`);
  return name;
}

/** Makes a folder and those above it; UserError where it cannot be. */
export async function makeFolder(dir: string): Promise<void> {
  try {
    await makeAll(dir);
  } catch (error) {
    throw diskError(error, dir);
  }
}

/** The folder's run, undefined where it holds none; UserError where it is another one than asked for. */
export async function runIn(dir: string, key: string, file: string): Promise<RunInfo | undefined> {
  const info = await readRunInfo(dir);
  if (info && (info.key !== key || info.records !== file))
    throw new UserError(
      `${dir} holds another run (key ${info.key.slice(0, 16)}…, ${info.records}) than this one (key ${key.slice(0, 16)}…, ${file}): move that folder away, or give this run another name`,
    );
  return info;
}

/** Whether anything is in the folder that a new run must not be mixed with. */
export async function isUsed(dir: string, file: string): Promise<boolean> {
  const files = await readdir(dir);
  return files.includes('run.json') || files.includes(file);
}

/** Renames a run's folder to the first free `.bak-N` and locks a new one in its place. The old lock goes with the old folder. */
export async function moveAside(
  dir: string,
  lock: FolderLock,
  onNotice: (message: string) => void,
): Promise<FolderLock> {
  const siblings = new Set(await readdir(dirname(dir)));
  let number = 1;
  while (siblings.has(`${basename(dir)}.bak-${number}`)) number++;
  const aside = `${dir}.bak-${number}`;
  await rename(dir, aside).catch((error: unknown) => {
    throw diskError(error, dir);
  });
  await lock.release();
  await rm(join(aside, basename(lock.path)), { force: true });
  onNotice(`the earlier run is kept as ${aside}`);
  await makeFolder(dir);
  return lockFolder(dir, onNotice);
}

import { existsSync } from 'node:fs';
import { copyFile, link, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { messageOf, UserError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import { difference, sha256Of } from './checksum.js';
import { download } from './download.js';
import { lockFolder } from './lock.js';
import { type FetchedFile, type Manifest, readManifest, writeManifest } from './manifest.js';
import { checkRoom, type Plan, type PlannedFile } from './plan.js';
import type { Preset } from './preset.js';
import { placeBelow } from './safe-path.js';
import { Unreachable, type Web } from './web.js';

export interface FetchEvents {
  /** Of `plan.missing`. */
  readonly onBytes: (done: number) => void;
  /** One line for people. */
  readonly onNote: (text: string) => void;
}

/**
 * Whether a folder holds all that a preset names, as its manifest and the files' sizes tell; no source is asked. A folder that
 * was fetched by another version of the preset does not count.
 */
export async function isComplete(preset: Preset, folder: string): Promise<boolean> {
  const manifest = await readManifest(folder);
  if (!manifest || !isDeepStrictEqual(manifest.sources, plain(preset.sources))) return false;
  return isWhole(manifest, folder);
}

/** Whether the fetch that a folder's manifest tells of was finished, and its files have their sizes still. */
export async function isWhole({ complete, files }: Manifest, folder: string): Promise<boolean> {
  const sizes = await Promise.all(
    files.map(async ({ path }) => (await stat(join(folder, path)).catch(() => undefined))?.size),
  );
  return complete && files.every(({ bytes }, i) => bytes === sizes[i]);
}

/**
 * Carries a plan out: links or copies what Hugging Face's cache has, downloads the rest, and writes down every file that
 * has arrived whole, so that a stopped fetch loses no more than the manifest's last line. UserError when a file cannot be had,
 * the disk has no room, or another process fetches into the folder.
 */
export async function runFetch(plan: Plan, web: Web, events: FetchEvents): Promise<void> {
  checkRoom(plan);
  const { preset, folder, files } = plan;
  await makeFolder(folder).catch((error: unknown) => {
    throw new UserError(`${folder} cannot be made (${messageOf(error)}): name another folder`);
  });
  const unlock = await lockFolder(folder);
  try {
    const earlier = await readManifest(folder);
    const fetched = new Map<string, FetchedFile>();
    const save = (complete: boolean) => {
      const sources = plain(preset.sources);
      const manifest: Manifest = {
        ...{ format: 1, preset: preset.name, sources, complete, changed: new Date().toISOString() },
        files: [...fetched.values()],
      };
      return writeManifest(folder, manifest);
    };
    for (const file of files.filter(({ here }) => here)) {
      const known = earlier?.files.find(({ path, bytes }) => path === file.path && bytes === file.bytes);
      fetched.set(file.path, known ?? (await recordOf(file, join(folder, file.path))));
    }
    await save(false);
    let done = 0;
    for (const file of files.filter(({ here }) => !here)) {
      const target = await placeBelow(folder, file.path);
      if (!(await fromCache(file, target, events))) {
        await download(file, target, web, bytes => events.onBytes(done + bytes));
      }
      fetched.set(file.path, await recordOf(file, target));
      await save(false);
      done += file.bytes;
      events.onBytes(done);
    }
    for (const [path, content] of Object.entries(preset.write)) {
      const target = await placeBelow(folder, path);
      // What somebody has made of it stays.
      await writeFile(target, `${JSON.stringify(content, null, 2)}\n`, { flag: 'wx' }).catch(
        (error: unknown) => {
          if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        },
      );
    }
    await save(true);
  } catch (error) {
    if (error instanceof Unreachable) throw stillMissing(error, plan);
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UserError(
      `${folder} cannot be written (${messageOf(error)}): what has arrived is kept; make room, or change its permissions`,
      { cause: error },
    );
  } finally {
    await unlock();
  }
}

/** What to do when the network goes in the middle. */
function stillMissing({ message }: Unreachable, { files, folder }: Plan): UserError {
  const rest = files.filter(({ path, here }) => !here && !existsSync(join(folder, path)));
  const some = rest.slice(0, 5).map(({ path, url }) => `${url} as ${path}`);
  const more = rest.length > some.length ? ` and ${rest.length - some.length} more` : '';
  return new UserError(
    `${message}: what has arrived is kept, run this again to go on; or download on another machine and place in ${folder}: ${some.join(', ')}${more}`,
  );
}

const recordOf = async (
  { path, bytes, sha256, from }: PlannedFile,
  target: string,
): Promise<FetchedFile> => ({ path, bytes, sha256: sha256 ?? (await sha256Of(target)), from });

/** Takes the cache's copy, by a link where both lie on one disk; false where there is none or it is damaged. */
async function fromCache(file: PlannedFile, target: string, { onNote }: FetchEvents): Promise<boolean> {
  if (file.cached === undefined) return false;
  const copy = `${target}.cached`;
  await rm(copy, { force: true });
  const blob = await realpath(file.cached);
  await link(blob, copy).catch(() => copyFile(blob, copy));
  const wrong = await difference(copy, file);
  if (wrong !== undefined) {
    await rm(copy);
    onNote(`Hugging Face's cache has a damaged ${file.path} (${wrong}): it is downloaded instead`);
    return false;
  }
  await rename(copy, target);
  return true;
}

/** As JSON gives it back. */
const plain = (sources: Preset['sources']): Manifest['sources'] => JSON.parse(JSON.stringify(sources));

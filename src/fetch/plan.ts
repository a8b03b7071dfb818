import { stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { formatBytes } from './bytes.js';
import { difference, sha256Of } from './checksum.js';
import { type Manifest, readManifest } from './manifest.js';
import { arrived } from './partial.js';
import type { Preset } from './preset.js';
import { type FetchContext, type SourceFile, sourceFiles } from './sources.js';

/** A file, and what there is of it already. */
export interface PlannedFile extends SourceFile {
  readonly here: boolean;
  /** Bytes that an earlier, stopped download has left. */
  readonly begun: number;
}

/** What a fetch would do. */
export interface Plan {
  readonly preset: Preset;
  readonly folder: string;
  readonly files: readonly PlannedFile[];
  /** Of all files. */
  readonly bytes: number;
  /** Still to be read from the network or the cache. */
  readonly missing: number;
  /** What the disk must have room for. */
  readonly needed: number;
  /** What it has. */
  readonly free: number;
}

/**
 * Finds out what a preset's folder lacks. Nothing is written. UserError as `sourceFiles`, and for a file that is there but is
 * neither the source's nor one that was fetched before: it is not replaced.
 */
export async function planFetch(preset: Preset, folder: string, context: FetchContext): Promise<Plan> {
  const found = await sourceFiles(preset, folder, context);
  const manifest = await readManifest(folder);
  const disk = await existing(folder);
  const device = (await stat(disk)).dev;
  const files: PlannedFile[] = [];
  let needed = 0;
  for (const file of found) {
    const here = await isHere(file, folder, manifest);
    const begun = here ? 0 : Math.min(await arrived(join(folder, file.path)), file.bytes);
    files.push({ ...file, here, begun });
    const linked = file.cached !== undefined && (await stat(file.cached)).dev === device;
    if (!here && !linked) needed += file.bytes - begun;
  }
  const { bavail, bsize } = await statfs(disk);
  const sum = (some: readonly PlannedFile[]) => some.reduce((total, file) => total + file.bytes, 0);
  return {
    ...{ preset, folder, files, needed, free: bavail * bsize },
    bytes: sum(files),
    missing: sum(files.filter(({ here }) => !here)),
  };
}

/** UserError where the disk has no room for what is missing. */
export function checkRoom({
  preset,
  folder,
  needed,
  free,
}: Pick<Plan, 'preset' | 'folder' | 'needed' | 'free'>): void {
  if (needed <= free) return;
  throw new UserError(
    `${preset.name} needs ${formatBytes(needed)} more in ${folder}, where ${formatBytes(free)} are free: make room, or name a folder on another disk`,
  );
}

async function isHere(file: SourceFile, folder: string, manifest: Manifest | undefined): Promise<boolean> {
  const path = join(folder, file.path);
  const found = await stat(path).catch(() => undefined);
  if (!found) return false;
  if (!found.isFile())
    throw new UserError(`${path} is no file, but one is to be fetched there: move it away`);
  const fetched = manifest?.files.find(one => one.path === file.path);
  const known = fetched !== undefined && fetched.bytes === found.size && fetched.sha256 === file.sha256;
  if (known && fetched.bytes === file.bytes) return true;
  const different = await difference(path, file);
  if (different === undefined) return true;
  // A newer version at the source takes the place of an older one, not of what somebody has made of it.
  if (fetched && fetched.sha256 === (await sha256Of(path))) return false;
  throw new UserError(
    `${path} is there, but is not what ${file.from} has (${different}): move it away, then run this again`,
  );
}

/** The nearest folder that exists: what is made below it lies on its disk. */
async function existing(folder: string): Promise<string> {
  for (let place = resolve(folder); ; place = dirname(place)) {
    if (await stat(place).catch(() => undefined)) return place;
  }
}

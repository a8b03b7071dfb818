import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { messageOf, UserError } from '../errors.js';
import type { RunRecord } from '../records/prediction.js';
import { codeOf } from './disk-error.js';
import type { RecordFormat } from './records.js';
import { type RunInfo, readRunInfo } from './run-info.js';
import { readUnits } from './unit-reader.js';

/** A run on disk, to read. */
export interface StoredRun<R extends RunRecord> {
  readonly dir: string;
  readonly info: RunInfo;
  /** The records of all complete units, validated, in the order they were appended; may be iterated more than once. */
  records(): AsyncIterable<R>;
}

/**
 * Opens a run to read it, also while another process writes it. UserError where the folder holds no run, one of other
 * records, or a finished one whose records are no longer those it finished with.
 */
export async function readRun<R extends RunRecord>(
  dir: string,
  format: RecordFormat<R>,
): Promise<StoredRun<R>> {
  const info = await readRunInfo(dir);
  if (!info)
    throw new UserError(`${dir} holds no run (it has no run.json): name a folder that a run was stored in`);
  if (info.records !== format.file)
    throw new UserError(`${dir} holds ${info.records} where ${format.file} was asked for: name another run`);
  await verifyFinished(dir, info);
  return { dir, info, records: () => recordsOf(dir, format) };
}

/** The records of all complete units in a run's folder. */
export async function* recordsOf<R extends RunRecord>(
  dir: string,
  format: RecordFormat<R>,
): AsyncGenerator<R> {
  for await (const { records } of readUnits(join(dir, format.file), format)) yield* records;
}

/** UserError where a finished run's records are no longer those it finished with. */
export async function verifyFinished(dir: string, { finished, records }: RunInfo): Promise<void> {
  if (!finished) return;
  const path = join(dir, records);
  const found = await sha256Of(path);
  if (found !== finished.sha256)
    throw new UserError(
      `${path} was changed after the run was finished (SHA-256 ${finished.sha256.slice(0, 8)}… expected, ${found.slice(0, 8)}… found): restore the file from a copy, or move its folder away to start anew`,
    );
}

/** SHA-256 (hex) of a file. */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), hash);
  } catch (error) {
    throw new UserError(`${path} cannot be read (${messageOf(error)})`, { cause: error });
  }
  return hash.digest('hex');
}

/** Every run under a results folder (`<suite>/<experiment>/<run>`), by path; runs moved aside (`.bak-N`) are left out. */
export async function listRuns(root: string): Promise<{ dir: string; info: RunInfo }[]> {
  const runs: { dir: string; info: RunInfo }[] = [];
  for (const suite of await foldersIn(root))
    for (const experiment of await foldersIn(suite))
      for (const dir of await foldersIn(experiment)) {
        const info = /\.bak-\d+$/.test(dir) ? undefined : await readRunInfo(dir);
        if (info) runs.push({ dir, info });
      }
  return runs;
}

async function foldersIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw new UserError(`${dir} cannot be read (${messageOf(error)})`, { cause: error });
  });
  return entries
    .filter(entry => entry.isDirectory())
    .map(entry => join(dir, entry.name))
    .sort();
}

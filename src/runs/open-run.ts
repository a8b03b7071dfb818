import { join } from 'node:path';
import { UserError } from '../errors.js';
import { canonicalJson, type JsonObject } from '../records/json.js';
import type { RunRecord } from '../records/prediction.js';
import { type FolderLock, lockFolder } from './folder-lock.js';
import type { RecordFormat } from './records.js';
import type { Run } from './run.js';
import { isUsed, makeFolder, moveAside, runFolder, runIn } from './run-folder.js';
import { type RunInfo, writeRunInfo } from './run-info.js';
import { runKey } from './run-key.js';
import { recordsOf, sha256Of, verifyFinished } from './stored-run.js';
import { unitName } from './unit-reader.js';
import { countUnits, openUnitWriter, type UnitCount, type UnitWriter } from './unit-writer.js';

export interface OpenRunOptions<R extends RunRecord> {
  /** The results folder. */
  readonly root: string;
  readonly suite: string;
  readonly experiment: string;
  /** What people call the run, e.g. `mini-baseline-2ds`; its folder adds the first 8 digits of the key. */
  readonly name: string;
  /** Everything that can change a prediction; the run's key is its hash. */
  readonly parts: JsonObject;
  /** Everything else it takes to run it again: configuration, versions, backend, machine. */
  readonly manifest: JsonObject;
  readonly format: RecordFormat<R>;
  /** Whether to go on with what is there (the default), or to move it aside (`.bak-N`) and start anew. */
  readonly resume?: boolean;
  /** Told what was found and done, in sentences for people. */
  readonly onNotice?: (message: string) => void;
}

/**
 * Opens the run's folder, `<root>/<suite>/<experiment>/<name>-<first 8 digits of the key>`: the same configuration finds its
 * run again. Complete units are kept, an incomplete last one is cut off. There is one writer at a time (see `lockFolder`); a
 * finished run is opened without a lock, as nothing will be written. UserError where the folder holds another key's run or
 * cannot be written, another process writes it, or what it holds is damaged.
 */
export async function openRun<R extends RunRecord>(options: OpenRunOptions<R>): Promise<Run<R>> {
  const { root, suite, experiment, name, parts, format, resume = true, onNotice = () => {} } = options;
  const key = runKey(parts);
  const dir = runFolder(root, suite, experiment, name, key);
  await makeFolder(dir);
  const found = await runIn(dir, key, format.file);
  if (found?.finished && resume) return finishedRun(dir, found, format);
  let lock = await lockFolder(dir, onNotice);
  try {
    if (!resume && (await isUsed(dir, format.file))) lock = await moveAside(dir, lock, onNotice);
    return await continueRun(dir, key, options, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Whether such a run is there and finished. UserError where its folder holds another one. */
export async function isFinished<R extends RunRecord>({
  root,
  suite,
  experiment,
  name,
  parts,
  format,
}: Pick<OpenRunOptions<R>, 'root' | 'suite' | 'experiment' | 'name' | 'parts' | 'format'>): Promise<boolean> {
  const key = runKey(parts);
  const found = await runIn(runFolder(root, suite, experiment, name, key), key, format.file);
  return found?.finished != null;
}

async function continueRun<R extends RunRecord>(
  dir: string,
  key: string,
  { suite, experiment, name, parts, manifest, format, onNotice = () => {} }: OpenRunOptions<R>,
  lock: FolderLock,
): Promise<Run<R>> {
  // Read again: another process may have written it, up to its end, before the lock was ours.
  const found = await runIn(dir, key, format.file);
  if (found?.finished) {
    await lock.release();
    return finishedRun(dir, found, format);
  }
  if (!found && (await isUsed(dir, format.file)))
    throw new UserError(
      `${dir} has ${format.file} but no run.json: restore it from a copy, or move the folder away`,
    );
  const path = join(dir, format.file);
  const count = await countUnits(path, format);
  const run = found ?? {
    format: 1,
    suite,
    experiment,
    name,
    key,
    parts,
    records: format.file,
    manifest,
    sessions: [],
    finished: null,
  };
  const differs = canonicalJson(manifest) !== canonicalJson(run.manifest);
  const session = { startedAt: now(), units: count.done.size, ...(differs && { manifest }) };
  const info: RunInfo = { ...run, sessions: [...run.sessions, session] };
  // run.json comes first: a folder with records always says whose they are.
  await writeRunInfo(dir, info);
  const writer = await openUnitWriter(path, format, count, onNotice);
  if (found) onNotice(`${dir}: going on after ${count.done.size} finished units`);
  return writableRun(dir, info, format, count, writer, lock);
}

function writableRun<R extends RunRecord>(
  dir: string,
  opened: RunInfo,
  format: RecordFormat<R>,
  count: UnitCount,
  writer: UnitWriter<R>,
  lock: FolderLock,
): Run<R> {
  let info = opened;
  return {
    dir,
    get info() {
      return info;
    },
    get finished() {
      return info.finished !== null;
    },
    get units() {
      return count.done.size;
    },
    records: () => recordsOf(dir, format),
    isDone: (image, condition) => count.done.has(unitName(image, condition)),
    async append(unit) {
      if (info.finished) throw new Error(`${dir} is finished`);
      lock.check();
      await writer.append(unit);
    },
    async finish(extra) {
      const sha256 = await sha256Of(join(dir, format.file));
      const finished = { at: now(), units: count.done.size, records: count.records, sha256, extra };
      await writeRunInfo(dir, { ...info, finished });
      info = { ...info, finished };
    },
    async close() {
      await writer.close();
      await lock.release();
    },
  };
}

/** A finished run: all of it can be read, nothing written. */
async function finishedRun<R extends RunRecord>(
  dir: string,
  info: RunInfo,
  format: RecordFormat<R>,
): Promise<Run<R>> {
  await verifyFinished(dir, info);
  const { done } = await countUnits(join(dir, format.file), format);
  const refuse = () => Promise.reject(new Error(`${dir} is finished`));
  return {
    dir,
    info,
    finished: true,
    units: done.size,
    records: () => recordsOf(dir, format),
    isDone: (image, condition) => done.has(unitName(image, condition)),
    append: refuse,
    finish: refuse,
    close: async () => {},
  };
}

const now = (): string => new Date().toISOString();

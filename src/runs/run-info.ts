import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import type { JsonObject } from '../records/json.js';
import { codeOf, diskError } from './disk-error.js';

const FILE = 'run.json';

const json: z.ZodType<JsonObject> = z.record(z.string(), z.json());

const sessionSchema = z.strictObject({
  startedAt: z.string(),
  /** Units that were complete when the session began. */
  units: z.int().min(0),
  /** How this session was run, where that differs from the run's first session. */
  manifest: json.exactOptional(),
});

const finishedSchema = z.strictObject({
  at: z.string(),
  units: z.int().min(0),
  records: z.int().min(0),
  /** Of the whole records file. */
  sha256: z.string(),
  /** What the run had to say at its end: timings and the like. */
  extra: json,
});

const runInfoSchema = z.strictObject({
  format: z.literal(1),
  suite: z.string(),
  experiment: z.string(),
  name: z.string(),
  key: z.string(),
  /** What the key is the hash of: everything that can change a prediction. */
  parts: json,
  /** The file that holds the records. */
  records: z.string(),
  /** Configuration, versions, backend, machine: what it takes to run it again. */
  manifest: json,
  sessions: z.array(sessionSchema),
  finished: finishedSchema.nullable(),
});

/** A run's `run.json`. */
export type RunInfo = Readonly<z.infer<typeof runInfoSchema>>;

/** Reads a run folder's `run.json`; undefined where there is none. UserError where it is not one of this format. */
export async function readRunInfo(dir: string): Promise<RunInfo | undefined> {
  const path = join(dir, FILE);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw new UserError(`${path} cannot be read (${messageOf(error)})`, { cause: error });
  });
  if (text === undefined) return undefined;
  try {
    return runInfoSchema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserError(
      `${path} does not describe a run of this version (${messageOf(error)}): restore it from a copy, or move its folder away`,
    );
  }
}

/** Replaces `run.json` as a whole: a reader, or a crash, finds the old one or the new one. */
export async function writeRunInfo(dir: string, info: RunInfo): Promise<void> {
  const path = join(dir, FILE);
  try {
    const file = await open(`${path}.tmp`, 'w');
    try {
      await file.writeFile(`${JSON.stringify(info, null, 2)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(`${path}.tmp`, path);
  } catch (error) {
    throw diskError(error, path);
  }
}

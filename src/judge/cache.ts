import { type FileHandle, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../make-folder.js';
import { codeOf, diskError } from '../runs/disk-error.js';
import type { Verdict } from './judge.js';
import { yesNoIn } from './prompt.js';

/** Verdicts that were given before, in a file that is only ever added to. */
export interface VerdictCache {
  readonly path: string;
  get(key: string): Verdict | undefined;
  /** An unclear verdict is not remembered: its question is asked again. */
  add(key: string, model: string, verdict: Verdict): Promise<void>;
  close(): Promise<void>;
}

const line = z.object({ key: z.string(), verdict: z.enum(['yes', 'no']), reply: z.string() });

/**
 * Opens a cache, which is written from the first `add` on, a line a verdict. A line that is torn, by a killed process or by
 * two that wrote at once, is left out: its question is asked again.
 */
export async function openVerdictCache(path: string): Promise<VerdictCache> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw diskError(error, path);
  });
  const known = new Map<string, Verdict>();
  for (const { key, verdict, reply } of text.split('\n').flatMap(read)) {
    // Earlier versions took a reply with neither for no.
    if (yesNoIn(reply) !== undefined) known.set(key, { verdict, reply });
  }
  const torn = text !== '' && !text.endsWith('\n');
  let file: Promise<FileHandle> | undefined;
  const begin = async (): Promise<FileHandle> => {
    await makeFolder(dirname(path));
    const handle = await open(path, 'a');
    if (torn) await handle.appendFile('\n');
    return handle;
  };
  return {
    path,
    get: key => known.get(key),
    async add(key, model, { verdict, reply }) {
      if (verdict === 'unclear') return;
      try {
        file ??= begin();
        await (await file).appendFile(`${JSON.stringify({ key, model, verdict, reply })}\n`);
      } catch (error) {
        throw diskError(error, path);
      }
      known.set(key, { verdict, reply });
    },
    async close() {
      await (await file)?.close();
    },
  };
}

function read(text: string): z.infer<typeof line>[] {
  try {
    return [line.parse(JSON.parse(text))];
  } catch {
    return [];
  }
}

import { constants } from 'node:fs';
import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import type { Expected } from './checksum.js';
import { stopped } from './web.js';

/** A file at an address. */
export interface RemoteFile extends Expected {
  /** Below the folder it is fetched into. */
  readonly path: string;
  readonly url: string;
  /** Answers as the server would from byte `from` on, for a file that is put together of several requests. */
  readonly read?: (from: number) => Promise<Response>;
}

/** A connection over which nothing comes for so long is given up, in milliseconds. */
const SILENCE = 60_000;

/** Where a file is kept that has not arrived whole. */
export const partialOf = (target: string): string => `${target}.partial`;

/** What a partial file is the beginning of. */
export const noteOf = (partial: string): string => `${partial}.json`;

const note = z.object({
  url: z.string(),
  bytes: z.int(),
  sha256: z.string().optional(),
  gitSha1: z.string().optional(),
  etag: z.string().nullable(),
});

/** How much of a file a stopped download has left. */
export async function arrived(target: string): Promise<number> {
  return (await stat(partialOf(target)).catch(() => undefined))?.size ?? 0;
}

/**
 * The byte to go on from: 0 unless the partial file is the beginning of this very file, by its checksum, or by its address and
 * a strong ETag, which the server is then asked to compare.
 */
export async function resumePoint(
  file: RemoteFile,
  partial: string,
): Promise<{ from: number; etag: string | undefined }> {
  const anew = { from: 0, etag: undefined };
  const found = await stat(partial).catch(() => undefined);
  if (!found?.isFile() || found.size > file.bytes) return anew;
  const text = await readFile(noteOf(partial), 'utf8').catch(() => '{}');
  const { data: begun } = note.safeParse(parsed(text));
  if (!begun || begun.bytes !== file.bytes) return anew;
  const checksum = file.sha256 ?? file.gitSha1;
  if (checksum !== undefined) {
    return checksum === (begun.sha256 ?? begun.gitSha1) ? { from: found.size, etag: undefined } : anew;
  }
  const strong = begun.etag !== null && !begun.etag.startsWith('W/');
  return begun.url === file.url && strong ? { from: found.size, etag: begun.etag! } : anew;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes a response's body into the partial file from byte `start` on, which is its end then.
 *
 * @returns the file's length afterwards, less than it should be where the connection broke. UserError when stopped, when the
 * disk does not take it, or when more comes than was announced
 */
export async function appendTo(
  partial: string,
  start: number,
  response: Response,
  file: RemoteFile,
  signal: AbortSignal,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const { url, bytes, sha256, gitSha1 } = file;
  const begun = { url, bytes, sha256, gitSha1, etag: response.headers.get('etag') };
  const { O_WRONLY, O_CREAT, O_NOFOLLOW = 0 } = constants;
  const disk = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw new UserError(`${partial} cannot be written (${messageOf(error)}): what was written is kept`, {
        cause: error,
      });
    });
  if (start === 0) await disk(writeFile(noteOf(partial), JSON.stringify(begun)));
  const handle = await disk(open(partial, O_WRONLY | O_CREAT | O_NOFOLLOW));
  let length = start;
  try {
    await disk(handle.truncate(start));
    for await (const chunk of chunksOf(response, signal)) {
      if (length + chunk.length > bytes) {
        throw new UserError(
          `${url} sends more than the ${bytes} bytes announced: it has changed; run this again`,
        );
      }
      await disk(handle.write(chunk, 0, chunk.length, length));
      length += chunk.length;
      onBytes(length);
    }
    await disk(handle.datasync());
  } finally {
    await handle.close();
  }
  return length;
}

/** The body's chunks, until it ends or the connection breaks or falls silent. */
async function* chunksOf({ body }: Response, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const chunk = await orSilence(reader.read());
      if (chunk.done) return;
      yield chunk.value;
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (signal.aborted) throw stopped();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function orSilence<T>(reading: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing came')), SILENCE);
  });
  try {
    return await Promise.race([reading, silence]);
  } finally {
    clearTimeout(timer);
  }
}

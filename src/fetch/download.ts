import { rename, rm } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { difference } from './checksum.js';
import { appendTo, noteOf, partialOf, type RemoteFile, resumePoint } from './partial.js';
import { ATTEMPTS, Unreachable, type Web } from './web.js';

/**
 * Fetches a file to `target`, which is made by a rename once size and checksum are right. What has arrived lies in
 * `<target>.partial`; this call goes on with it after a broken connection, a later one after a stop. A file whose checksum is
 * wrong is fetched once more, from the start. UserError when it cannot be had.
 *
 * @param onBytes told how much of the file is here; it falls when the file has to be begun anew
 */
export async function download(
  file: RemoteFile,
  target: string,
  web: Web,
  onBytes: (bytes: number) => void = () => {},
): Promise<void> {
  const partial = partialOf(target);
  for (let round = 1; ; round++) {
    await fill(file, partial, web, onBytes);
    const wrong = await difference(partial, file);
    if (wrong === undefined) break;
    await discard(partial);
    onBytes(0);
    if (round === 2) {
      throw new UserError(
        `${file.url} arrives damaged, twice (${wrong}): nothing of it was kept; run this again later, or place the file by hand at ${target}`,
      );
    }
  }
  await rename(partial, target);
  await rm(noteOf(partial), { force: true });
}

/** Reads until the partial file has its whole size. */
async function fill(
  file: RemoteFile,
  partial: string,
  web: Web,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (let failures = 0; ; ) {
    const { from, etag } = await resumePoint(file, partial);
    onBytes(from);
    if (from > 0 && from === file.bytes) return;
    const headers = from === 0 ? {} : { range: `bytes=${from}-`, ...(etag && { 'if-range': etag }) };
    const response = await (file.read ? file.read(from) : web.request(file.url, { headers }));
    const start = startOf(response, from, file);
    const length =
      start === undefined ? 0 : await appendTo(partial, start, response, file, web.signal, onBytes);
    if (length === file.bytes) return;
    if (start === undefined) {
      await response.body?.cancel();
      await discard(partial);
    }
    failures = length > from ? 1 : failures + 1;
    const why = `the connection broke at byte ${length} of ${file.bytes} of ${file.path}`;
    if (failures === ATTEMPTS) throw new Unreachable(`${why}, again and again`);
    await web.pause(failures, why);
  }
}

/** The byte at which a response begins; undefined where it is no answer to what was asked. */
function startOf(
  { status, headers }: Response,
  from: number,
  { bytes, url }: RemoteFile,
): number | undefined {
  if (status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    return Number(first) === from && (total === '*' || Number(total) === bytes) ? from : undefined;
  }
  if (status !== 200) return undefined;
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== bytes) {
    throw new UserError(
      `${url} has ${length} bytes, where ${bytes} were announced: it has changed, or something between here and there answers in its place (a login page, a proxy); run this again`,
    );
  }
  return 0;
}

async function discard(partial: string): Promise<void> {
  await rm(partial, { force: true });
  await rm(noteOf(partial), { force: true });
}

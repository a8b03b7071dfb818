import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** What a source says a file's content is; where it says nothing, only the size is known. */
export interface Expected {
  readonly bytes: number;
  readonly sha256?: string;
  /** Git's name of the content: SHA-1 of `blob <size>\0` and the content. */
  readonly gitSha1?: string;
}

/** SHA-256 (hex) of a file. */
export const sha256Of = (path: string): Promise<string> => digestOf(path, createHash('sha256'));

const gitSha1Of = (path: string, bytes: number): Promise<string> =>
  digestOf(path, createHash('sha1').update(`blob ${bytes}\0`));

async function digestOf(path: string, hash: Hash): Promise<string> {
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** How a file differs from what its source says, in words; undefined where it does not. */
export async function difference(path: string, expected: Expected): Promise<string | undefined> {
  const { size } = await stat(path);
  if (size !== expected.bytes) return `${size} bytes, where ${expected.bytes} were expected`;
  if (expected.sha256 !== undefined) {
    const found = await sha256Of(path);
    return found === expected.sha256 ? undefined : `SHA-256 ${found}, where ${expected.sha256} was expected`;
  }
  if (expected.gitSha1 !== undefined) {
    const found = await gitSha1Of(path, size);
    return found === expected.gitSha1
      ? undefined
      : `git's SHA-1 ${found}, where ${expected.gitSha1} was expected`;
  }
  return undefined;
}

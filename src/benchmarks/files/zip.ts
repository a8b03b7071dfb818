import { buffer } from 'node:stream/consumers';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { crc32, crcText } from '../../crc32.js';
import { messageOf, UserError } from '../../errors.js';
import { printable, quoted } from '../../printable.js';

/** The most members an archive may have: COCO's largest has 164,062. */
const MOST_MEMBERS = 2_000_000;

/** Unix file type in the upper half of an entry's external attributes. */
const FILE_TYPE = 0o170000;
const SYMBOLIC_LINK = 0o120000;

/** One file inside an archive. */
export interface ZipMember {
  /** Its path in the archive, relative, without `..`. */
  readonly path: string;
  /** Uncompressed, in bytes, as the archive declares it; reading it whole fails where that is a lie. */
  readonly size: number;
  readonly crc32: number;
  /** Reads it out of the archive, in place; UserError for one larger than `limit` bytes, or whose CRC-32 is another. */
  read(limit: number): Promise<Uint8Array>;
  /** Its first `bytes` bytes, or all if it has fewer. */
  head(bytes: number): Promise<Uint8Array>;
}

/**
 * The files in a zip archive, from its central directory alone. UserError for an archive that is damaged, or that holds
 * what no image archive does: absolute names, names with `..`, symbolic links.
 */
export async function zipMembers(path: string): Promise<ZipMember[]> {
  return withArchive(path, async zip => {
    const members: ZipMember[] = [];
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      if (((entry.externalFileAttributes >>> 16) & FILE_TYPE) === SYMBOLIC_LINK) {
        throw new Error(`${quoted(entry.fileName)} is a symbolic link`);
      }
      members.push(member(path, entry));
      if (members.length > MOST_MEMBERS) throw new Error(`more than ${MOST_MEMBERS} files in it`);
    }
    return members;
  });
}

const member = (archive: string, entry: Entry): ZipMember => ({
  path: entry.fileName,
  size: entry.uncompressedSize,
  crc32: entry.crc32,
  read: limit =>
    withArchive(archive, async zip => {
      if (entry.uncompressedSize > limit) {
        throw new Error(
          `${quoted(entry.fileName)} unpacks to ${entry.uncompressedSize} bytes, at most ${limit} are read`,
        );
      }
      const content = await buffer(await zip.openReadStreamPromise(entry));
      const found = crc32(content);
      if (found !== entry.crc32) {
        throw new Error(
          `${quoted(entry.fileName)} is damaged: CRC-32 ${crcText(entry.crc32)} expected, ${crcText(found)} found`,
        );
      }
      return content;
    }),
  head: bytes =>
    withArchive(archive, async zip => {
      const chunks: Uint8Array[] = [];
      let length = 0;
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        length += chunks[chunks.push(chunk as Uint8Array) - 1]!.length;
        if (length >= bytes) break; // which also ends the unpacking
      }
      return Buffer.concat(chunks).subarray(0, bytes);
    }),
});

/** Opens an archive for one task, so that none stays open; every failure becomes one line about the archive. */
async function withArchive<T>(path: string, task: (zip: ZipFile) => Promise<T>): Promise<T> {
  try {
    const zip = await openPromise(path, { autoClose: false });
    try {
      return await task(zip);
    } finally {
      zip.close();
    }
  } catch (error) {
    throw new UserError(
      `expected a zip archive of data files at ${path}, found a damaged or unsafe one (${printable(messageOf(error))}): fetch it again`,
    );
  }
}

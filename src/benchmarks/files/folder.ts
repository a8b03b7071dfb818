import type { Dirent } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { printable } from '../../printable.js';
import { type ZipMember, zipMembers } from './zip.js';

/** How deep below the opened folder files are looked for, archives' own folders not counted. */
const DEEPEST = 5;

/** The same around a file that was named: its folder may be anyone's downloads. */
const DEEPEST_AROUND = 2;

/** A file, on disk or inside a zip archive. */
export interface DataFile {
  /** Below the opened folder, with `/`; a member of an archive as `val2014.zip/val2014/….jpg`. */
  readonly path: string;
  /** Where it lies on disk; undefined for a member of an archive. */
  readonly disk: string | undefined;
  /** Its content's stand-in in a fingerprint: its size, and inside an archive its CRC. */
  stamp(): Promise<string>;
  /** UserError for one larger than `limit` bytes. */
  read(limit: number): Promise<Uint8Array>;
  /** The first `bytes` bytes and, on disk, the last: enough to tell what kind of file it is. */
  ends(bytes: number): Promise<string>;
}

/** A folder with all that lies in it and in its archives; or one file, with its folder to find images in. */
export interface DataFolder {
  /** As it was named, for messages. */
  readonly name: string;
  /** Where questions are looked for: every file, or the one that was named. */
  readonly candidates: readonly DataFile[];
  /** Everything: where images are looked for. Listed when first asked for. */
  files(): Promise<readonly DataFile[]>;
}

/**
 * Lists a folder, five levels deep, following links once and looking into zip archives; names with a leading dot are left
 * out. A path to a file opens that file, with its folder (two levels deep) to find images in. UserError where there is
 * nothing.
 */
export async function openFolder(path: string): Promise<DataFolder> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) {
    throw new UserError(
      `expected data at ${printable(path)}, found nothing there: give --data its folder or file, or fetch it`,
    );
  }
  if (found.isFile() && !isArchive(path)) {
    let around: Promise<DataFile[]> | undefined;
    const files = () => {
      around ??= walk(dirname(resolve(path)), DEEPEST_AROUND);
      return around;
    };
    return { name: path, candidates: [fileOnDisk(basename(path), path)], files };
  }
  const files = found.isFile() ? await archive(basename(path), path) : await walk(path, DEEPEST);
  return { name: path, candidates: files, files: async () => files };
}

const isArchive = (path: string): boolean => /\.zip$/i.test(path);

async function walk(root: string, deepest: number): Promise<DataFile[]> {
  const files: DataFile[] = [];
  const seen = new Set<string>();
  const visit = async (folder: string, below: string, depth: number): Promise<void> => {
    const real = await realpath(folder);
    if (seen.has(real)) return;
    seen.add(real);
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const disk = join(folder, entry.name);
      const path = below + entry.name;
      const kind = await kindOf(entry, disk);
      if (kind === 'folder' && depth < deepest) await visit(disk, `${path}/`, depth + 1);
      if (kind === 'file' && isArchive(path)) files.push(...(await archive(path, disk)));
      else if (kind === 'file') files.push(fileOnDisk(path, disk));
    }
  };
  await visit(root, '', 0);
  return files;
}

async function kindOf(entry: Dirent, disk: string): Promise<'file' | 'folder' | undefined> {
  const target = entry.isSymbolicLink() ? await stat(disk).catch(() => undefined) : entry;
  if (target?.isDirectory()) return 'folder';
  return target?.isFile() ? 'file' : undefined;
}

/** A file on disk, called `path` in messages. */
export const fileOnDisk = (path: string, disk: string): DataFile => ({
  path,
  disk,
  stamp: async () => String((await stat(disk)).size),
  read: async limit => {
    const { size } = await stat(disk);
    if (size > limit)
      throw new UserError(`expected at most ${limit} bytes in ${printable(disk)}, found ${size}`);
    return readFile(disk);
  },
  ends: async bytes => {
    const file = await open(disk);
    try {
      const { size } = await file.stat();
      const head = await file.read({
        length: Math.min(bytes, size),
        position: 0,
        buffer: Buffer.alloc(bytes),
      });
      const from = Math.max(head.bytesRead, size - bytes);
      const tail = await file.read({ length: size - from, position: from, buffer: Buffer.alloc(bytes) });
      return (
        head.buffer.toString('latin1', 0, head.bytesRead) + tail.buffer.toString('latin1', 0, tail.bytesRead)
      );
    } finally {
      await file.close();
    }
  },
});

async function archive(path: string, disk: string): Promise<DataFile[]> {
  return (await zipMembers(disk)).map(member => fileInArchive(`${path}/${member.path}`, member));
}

const fileInArchive = (path: string, member: ZipMember): DataFile => ({
  path,
  disk: undefined,
  stamp: async () => `${member.size} ${member.crc32}`,
  read: limit => member.read(limit),
  ends: async bytes => Buffer.from(await member.head(bytes)).toString('latin1'),
});

import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../src/crc32.js';

/** A member of an archive to build; whatever is given is written as it is, lies included. */
export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
  readonly deflated?: boolean;
  /** What the archive claims the content unpacks to, in bytes. */
  readonly claimedSize?: number;
  /** The CRC-32 that the archive claims. */
  readonly claimedCrc?: number;
  /** Unix mode with file type, e.g. 0o120777 for a symbolic link. */
  readonly mode?: number;
}

/** A zip archive of these members (PKWARE's APPNOTE, §4.3). */
export function buildZip(members: readonly Member[]): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content, deflated = false, claimedSize = content.length, ...rest } of members) {
    const { mode = 0o100644, claimedCrc = crc32(content) } = rest;
    const data = deflated ? deflateRawSync(content) : Buffer.from(content);
    const path = Buffer.from(name, 'utf8');
    const method = deflated ? 8 : 0;
    const sizes = [claimedCrc, data.length, deflated ? claimedSize : data.length];
    const common = [...u16(20, 0x800, method, 0, 0), ...u32(...sizes), ...u16(path.length, 0)];
    const local = Buffer.from([...u32(0x04034b50), ...common, ...path]);
    const central = [...u32(0x02014b50), ...u16((3 << 8) | 20), ...common, ...u16(0, 0, 0)];
    directory.push(Buffer.from([...central, ...u32((mode << 16) >>> 0, offset), ...path]));
    locals.push(local, data);
    offset += local.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = members.length;
  const end = Buffer.from([...u32(0x06054b50), ...u16(0, 0, count, count), ...u32(size, offset), ...u16(0)]);
  return Buffer.concat([...locals, ...directory, end]);
}

const u16 = (...values: number[]): number[] => values.flatMap(value => [value & 255, (value >>> 8) & 255]);

const u32 = (...values: number[]): number[] =>
  values.flatMap(value => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]);

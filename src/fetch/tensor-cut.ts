import { createHash } from 'node:crypto';
import { z } from 'zod';
import { UserError } from '../errors.js';
import type { Expected } from './checksum.js';
import type { RemoteFile } from './partial.js';
import type { Web } from './web.js';

/** A shard of safetensors at an address. */
interface Shard extends Expected {
  readonly url: string;
}

/** Bytes `start` up to, not including, `end` of a shard. */
interface Stretch {
  readonly shard: Shard;
  readonly start: number;
  readonly end: number;
}

/** The longest header that is read, in bytes; that of a model of 7 billion parameters has 100 kB. */
const LONGEST_HEADER = 1 << 26;

const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/**
 * A safetensors file that is made of some of a repository's tensors: those whose names begin with `prefix`, or with `model.`
 * and it. Only their bytes are downloaded, not the rest of the shards they lie in. No checksum is known of such a part: its
 * length and the connection's are checked. UserError where there is no such tensor or a shard is malformed.
 *
 * @param into the file's name
 */
export async function tensorCut(
  shards: readonly Shard[],
  { prefix, into }: { readonly prefix: string; readonly into: string },
  web: Web,
): Promise<RemoteFile> {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  const stretches: Stretch[] = [];
  let length = 0;
  for (const shard of shards) {
    const { data, tensors } = await headerOf(shard, web);
    const chosen = Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix) || name.startsWith(`model.${prefix}`))
      .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
    for (const [name, { dtype, shape, data_offsets }] of chosen) {
      const [start, end] = [data + data_offsets[0], data + data_offsets[1]];
      if (start > end || end > shard.bytes) throw malformed(shard, `"${name}" lies outside the file`);
      header[name] = { dtype, shape, data_offsets: [length, length + end - start] };
      length += end - start;
      const last = stretches.at(-1);
      if (last?.shard === shard && last.end === start) stretches[stretches.length - 1] = { ...last, end };
      else stretches.push({ shard, start, end });
    }
  }
  if (length === 0)
    throw new UserError(`${shards[0]?.url} has no tensors named ${prefix}…, which are needed`);
  const json = JSON.stringify(header);
  const head = Buffer.from(json.padEnd(8 * Math.ceil(json.length / 8)));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(head.length));
  const front = Buffer.concat([start, head]);
  const identity = createHash('sha256').update(front);
  for (const { url, sha256 = '', bytes } of shards) identity.update(`${url}\0${sha256}\0${bytes}\0`);
  const etag = `"${identity.digest('hex')}"`;
  const bytes = front.length + length;
  return {
    path: into,
    url: `${shards[0]!.url}#${prefix}`,
    bytes,
    read: async from => {
      const body = ReadableStream.from(bodyFrom(from, front, stretches, web));
      const headers = { etag, 'content-range': `bytes ${from}-${bytes - 1}/${bytes}` };
      return new Response(body, { status: 206, headers });
    },
  };
}

/** The made file's bytes from `from` on. */
async function* bodyFrom(
  from: number,
  front: Uint8Array,
  stretches: readonly Stretch[],
  web: Web,
): AsyncGenerator<Uint8Array> {
  if (from < front.length) yield front.subarray(from);
  let skip = Math.max(0, from - front.length);
  for (const { shard, start, end } of stretches) {
    const first = start + skip;
    skip = Math.max(0, skip - (end - start));
    if (first >= end) continue;
    let left = end - first;
    for await (const chunk of (await range(shard, first, end, web)).body!) {
      left -= chunk.length;
      if (left < 0) throw malformed(shard, 'more comes than was asked for');
      yield chunk;
    }
    if (left > 0) throw new Error('the connection broke');
  }
}

async function headerOf(shard: Shard, web: Web) {
  const length = Number((await bytesOf(shard, 0, 8, web)).readBigUInt64LE());
  if (length > LONGEST_HEADER || 8 + length > shard.bytes) throw malformed(shard, 'its header is too long');
  const text = String(await bytesOf(shard, 8, 8 + length, web));
  try {
    const { __metadata__, ...stored } = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    return { data: 8 + length, tensors: z.record(z.string(), tensorSchema).parse(stored) };
  } catch {
    throw malformed(shard, 'its header is not one');
  }
}

const rangeOf = (start: number, end: number) => ({ range: `bytes=${start}-${end - 1}` });

async function bytesOf(shard: Shard, start: number, end: number, web: Web): Promise<Buffer> {
  const { headers, bytes } = await web.whole(shard.url, rangeOf(start, end));
  if (!isRange(headers, shard, start, end)) throw noParts(shard);
  return bytes;
}

async function range(shard: Shard, start: number, end: number, web: Web): Promise<Response> {
  const response = await web.request(shard.url, { headers: rangeOf(start, end) });
  if (isRange(response.headers, shard, start, end)) return response;
  await response.body?.cancel();
  throw noParts(shard);
}

const isRange = (headers: Headers, { bytes }: Shard, start: number, end: number): boolean =>
  headers.get('content-range') === `bytes ${start}-${end - 1}/${bytes}`;

const noParts = ({ url }: Shard): UserError =>
  new UserError(`${url} cannot be read in parts, which is needed here: fetch the model whole`);

const malformed = (shard: Shard, what: string): UserError =>
  new UserError(`${shard.url} is no safetensors file as it should be: ${what}`);

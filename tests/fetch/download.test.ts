import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { download } from '../../src/fetch/download.js';
import type { RemoteFile } from '../../src/fetch/partial.js';
import { createWeb, type Web } from '../../src/fetch/web.js';
import { noise, type StandIn, sha256, startStandIn } from './stand-in.js';

const content = noise(300_000);
let server: StandIn;
let folder: string;
let target: string;
let waits: number[];

beforeEach(async () => {
  server = await startStandIn();
  folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-fetch-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  target = join(folder, 'weights.bin');
  waits = [];
});

function webOf(more: { token?: string; signal?: AbortSignal } = {}): Web {
  const wait = async (milliseconds: number) => waits.push(milliseconds);
  return createWeb({ endpoint: server.url, signal: new AbortController().signal, wait, ...more });
}

/** A file of the server's, with what is known of it. */
const fileAt = (path: string, bytes = content, checksum = true): RemoteFile => ({
  path: 'weights.bin',
  url: server.serve(path, bytes),
  bytes: bytes.length,
  ...(checksum && { sha256: sha256(bytes) }),
});

/** Not toEqual, which compares buffers byte by byte. */
const expectContent = async (expected = content) =>
  expect((await readFile(target)).equals(expected)).toBe(true);

const bodies = () => server.asked.filter(({ method }) => method === 'GET');

test('a file arrives whole, in its place, and nothing is left beside it', async () => {
  const told: number[] = [];
  await download(fileAt('/file'), target, webOf(), bytes => told.push(bytes));
  await expectContent();
  expect(await readdir(folder)).toEqual(['weights.bin']);
  expect(told.at(-1)).toBe(content.length);
});

test('an empty file arrives', async () => {
  await download(fileAt('/empty', Buffer.alloc(0)), target, webOf());
  expect((await stat(target)).size).toBe(0);
});

describe('a connection that breaks', () => {
  test('is gone on with from where it broke', async () => {
    server.fault = () => (bodies().length <= 2 ? { stallAfter: 100_000 } : undefined);
    await download(fileAt('/file'), target, webOf(), bytes => {
      if (bytes === 100_000 * bodies().length) server.cut();
    });
    await expectContent();
    expect(bodies().map(({ headers }) => headers.range)).toEqual([
      undefined,
      'bytes=100000-',
      'bytes=200000-',
    ]);
  });

  test('before anything came, again and again, is an error, and what there was is kept', async () => {
    server.fault = () => (bodies().length === 1 ? { stallAfter: 50_000 } : { cutAfter: 0 });
    const breaking = download(fileAt('/file'), target, webOf(), bytes => {
      if (bytes === 50_000) server.cut();
    });
    await expect(breaking).rejects.toThrow(
      /the connection broke at byte 50000 of 300000 of weights\.bin, again and again/,
    );
    expect(existsSync(target)).toBe(false);
    expect((await stat(`${target}.partial`)).size).toBe(50_000);
    expect(bodies()).toHaveLength(5);
  });
});

describe('a download that was stopped', () => {
  /** Stops once some bytes are here; gives how many. */
  async function stopped(file: RemoteFile): Promise<number> {
    const stop = new AbortController();
    server.fault = () => ({ stallAfter: 120_000 });
    const stopping = download(file, target, webOf({ signal: stop.signal }), bytes => {
      if (bytes >= 60_000) stop.abort();
    });
    await expect(stopping).rejects.toThrow(/stopped; what has arrived is kept/);
    server.fault = () => undefined;
    expect(existsSync(target)).toBe(false);
    return (await stat(`${target}.partial`)).size;
  }

  test('is gone on with by a later call, which asks for the rest alone', async () => {
    const file = fileAt('/file');
    const here = await stopped(file);
    expect(here).toBeGreaterThanOrEqual(60_000);
    await download(file, target, webOf());
    expect(bodies().at(-1)!.headers.range).toBe(`bytes=${here}-`);
    await expectContent();
    expect(await readdir(folder)).toEqual(['weights.bin']);
  });

  test('without a checksum, is gone on with if the server has the same file still', async () => {
    const file = fileAt('/file', content, false);
    const here = await stopped(file);
    await download(file, target, webOf());
    const { range, 'if-range': condition } = bodies().at(-1)!.headers;
    expect([range, condition]).toEqual([`bytes=${here}-`, `"${sha256(content).slice(0, 32)}"`]);
    await expectContent();
  });

  test('without a checksum, is begun anew if the server has another file now', async () => {
    const file = fileAt('/file', content, false);
    await stopped(file);
    const other = noise(content.length, 7);
    server.serve('/file', other);
    await download(file, target, webOf());
    await expectContent(other);
  });

  test('of another version is begun anew', async () => {
    await stopped(fileAt('/file'));
    const other = noise(content.length, 7);
    await download(fileAt('/file', other), target, webOf());
    expect(bodies().at(-1)!.headers.range).toBeUndefined();
    await expectContent(other);
  });

  test('whose partial file was damaged meanwhile is fetched once more, whole', async () => {
    const file = fileAt('/file');
    const here = await stopped(file);
    await writeFile(`${target}.partial`, noise(here, 9));
    await download(file, target, webOf());
    await expectContent();
  });

  test('whose partial file has all bytes but was not renamed asks for nothing', async () => {
    const file = fileAt('/file');
    await stopped(file);
    await writeFile(`${target}.partial`, content);
    const before = bodies().length;
    await download(file, target, webOf());
    expect(bodies()).toHaveLength(before);
    await expectContent();
  });
});

describe('what a server may do wrong', () => {
  test('ignore ranges: the file is begun anew', async () => {
    server.fault = ({ headers }) => {
      if (bodies().length === 1) return { cutAfter: 100_000 };
      return headers.range ? { status: 200, body: content } : undefined;
    };
    await download(fileAt('/file'), target, webOf());
    await expectContent();
  });

  test('answer another range than asked for: it is not put in the wrong place', async () => {
    server.fault = ({ headers }) => {
      if (bodies().length === 1) return { cutAfter: 100_000 };
      const body = content.subarray(5);
      const range = `bytes 5-${content.length - 1}/${content.length}`;
      return headers.range ? { status: 206, headers: { 'content-range': range }, body } : undefined;
    };
    await download(fileAt('/file'), target, webOf());
    await expectContent();
  });

  test('refuse the range: the file is begun anew', async () => {
    server.fault = ({ headers }) => {
      if (bodies().length === 1) return { cutAfter: 100_000 };
      return headers.range ? { status: 416 } : undefined;
    };
    await download(fileAt('/file'), target, webOf());
    await expectContent();
  });

  test('send other bytes once: fetched again; always: an error, and nothing is left', async () => {
    const file = fileAt('/file');
    server.fault = () => (bodies().length === 1 ? { body: noise(content.length, 3) } : undefined);
    await download(file, target, webOf());
    await expectContent();
    await rm(target);
    server.fault = () => ({ body: noise(content.length, 3) });
    await expect(download(file, target, webOf())).rejects.toThrow(
      /arrives damaged, twice \(SHA-256 [0-9a-f]{64}/,
    );
    expect(await readdir(folder)).toEqual([]);
  });

  test('have a file of another size, as a login page has', async () => {
    const file = { ...fileAt('/file', Buffer.from('<html>please log in</html>'), false), bytes: 300_000 };
    await expect(download(file, target, webOf())).rejects.toThrow(
      /has 26 bytes, where 300000 were announced/,
    );
    expect(existsSync(target)).toBe(false);
  });

  test('send more than was announced, in a body of no stated length', async () => {
    server.fault = () => ({ status: 200, headers: { 'transfer-encoding': 'chunked' }, body: noise(400_000) });
    await expect(download(fileAt('/file'), target, webOf())).rejects.toThrow(
      /sends more than the 300000 bytes/,
    );
    expect(existsSync(target)).toBe(false);
  });

  test('be busy: asked again after the time it names, or after 1, 2, 4 and 8 s', async () => {
    server.fault = () =>
      [{ status: 429, headers: { 'retry-after': '17' } }, { status: 500 }, { status: 503 }][
        bodies().length - 1
      ];
    await download(fileAt('/file'), target, webOf());
    expect(waits).toEqual([17_000, 2000, 4000]);
  });

  test.each([
    [500, {}, /is in trouble \(500\): run this again later/, 5],
    [429, { 'retry-after': '3600' }, /is asked too often \(429\), wait 60 min/, 1],
    [418, {}, /answers 418, which was not expected/, 1],
    [404, {}, /is not there \(404\): .* look at http:\/\/127\.0\.0\.1:\d+$/, 1],
  ])('answer %i: an error', async (status, headers, message, requests) => {
    server.fault = () => ({ status, headers });
    await expect(download(fileAt('/file'), target, webOf())).rejects.toThrow(message);
    expect(bodies()).toHaveLength(requests);
  });

  test("send a partial file's place through a link: it is not written through", async () => {
    const outside = join(folder, 'outside');
    await writeFile(outside, 'mine');
    await symlink(outside, `${target}.partial`);
    await expect(download(fileAt('/file'), target, webOf())).rejects.toThrow(/cannot be written/);
    expect(await readFile(outside, 'utf8')).toBe('mine');
  });
});

test('no connection at all is an error that names the host', async () => {
  const file = { ...fileAt('/file'), url: 'http://127.0.0.1:9/file' };
  await expect(download(file, target, webOf())).rejects.toThrow(/127\.0\.0\.1:9 cannot be reached \(/);
  expect(waits).toEqual([1000, 2000, 4000, 8000]);
});

test('the token goes to the hub and to no other server', async () => {
  const repository = server.add('owner/model', { 'weights.bin': content }, { token: 'hf_secret' });
  const url = `${server.url}/owner/model/resolve/${repository.commit}/weights.bin`;
  const file = { path: 'weights.bin', url, bytes: content.length, sha256: sha256(content) };
  await download(file, target, webOf({ token: 'hf_secret' }));
  const seen = server.asked.map(({ onCdn, headers }) => [onCdn, headers.authorization]);
  expect(seen).toEqual([
    [false, 'Bearer hf_secret'],
    [true, undefined],
  ]);
  const other = { ...file, url: `${server.cdn}/blobs/none` };
  await expect(download(other, join(folder, 'b'), webOf({ token: 'hf_secret' }))).rejects.toThrow(
    /^(?!.*hf_secret)/,
  );
  expect(server.asked.at(-1)!.headers.authorization).toBeUndefined();
});

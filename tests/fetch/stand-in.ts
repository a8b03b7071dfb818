import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a request is answered with in place of the truth. */
interface Fault {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  /** The body stops after so many bytes, and the connection stays open. */
  readonly stallAfter?: number;
}

interface Asked {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** Where large files are, on another origin than the hub. */
  readonly onCdn: boolean;
}

interface Repository {
  readonly commit: string;
  readonly files: Readonly<Record<string, Buffer>>;
  /** The token that it takes to see it. */
  readonly token?: string;
  readonly gated?: boolean;
}

/** A stand-in for Hugging Face's hub and for a plain file server, on this machine. */
export interface StandIn {
  readonly url: string;
  readonly cdn: string;
  /** All requests so far. */
  readonly asked: Asked[];
  /** `datasets/owner/name` for a dataset; everything from 1000 bytes on is large. */
  add(
    name: string,
    files: Readonly<Record<string, string | Buffer>>,
    more?: { token?: string; gated?: boolean },
  ): Repository;
  /** A plain file. */
  serve(path: string, content: Buffer): string;
  /** Lies, breaks and refuses: called for every request. */
  fault: (asked: Asked) => Fault | undefined;
  /** Breaks all connections off. */
  cut(): void;
  /** Puts itself between a repository's true listing and the answer. */
  listing: (entries: Record<string, unknown>[]) => unknown[];
  /** Entries a page of a listing. */
  page: number;
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
export const gitSha1 = (bytes: Buffer): string =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');

/** Bytes that differ everywhere, so that a piece in the wrong place shows. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = seed; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

const LARGE = 1000;

/** Starts a stand-in for the running test. */
export async function startStandIn(): Promise<StandIn> {
  const repositories = new Map<string, Repository>();
  const plain = new Map<string, Buffer>();
  const blobs = new Map<string, Buffer>();
  const asked: Asked[] = [];

  const answer = (onCdn: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    const one = { method: request.method!, path: request.url!, headers: request.headers, onCdn };
    asked.push(one);
    const fault = self.fault(one);
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end(fault.body);
    } else if (onCdn) {
      sendFile(request, response, blobs.get(request.url!), fault);
    } else if (plain.has(request.url!)) {
      sendFile(request, response, plain.get(request.url!), fault);
    } else {
      onHub(request, response, fault);
    }
  };

  const onHub = (request: IncomingMessage, response: ServerResponse, fault: Fault | undefined) => {
    const url = new URL(request.url!, self.url);
    const [, type, apiName, what, at, rest] =
      /^\/api\/(models|datasets)\/([^/]+\/[^/]+)\/(revision|tree)\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const [, fileName, revision, path] =
      /^\/((?:datasets\/)?[^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname) ?? [];
    const name = apiName === undefined ? fileName! : `${type === 'datasets' ? 'datasets/' : ''}${apiName}`;
    const repository = repositories.get(name);
    const token = request.headers.authorization?.replace('Bearer ', '');
    const refuse = (status: number, code: string) =>
      response
        .writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' })
        .end(`{"error":"${code}"}`);
    if (!repository || (repository.token && !repository.gated && token !== repository.token)) {
      return refuse(token ? 404 : 401, 'RepoNotFound');
    }
    if (![repository.commit, 'main'].includes(at ?? revision!)) return refuse(404, 'RevisionNotFound');
    if (what === 'revision') {
      return json(response, {
        _id: 'x',
        id: apiName,
        sha: repository.commit,
        private: false,
        gated: false,
        downloads: 1,
        likes: 1,
        lastModified: '2026-01-01T00:00:00.000Z',
      });
    }
    if (what === 'tree' && rest === undefined) return list(url, response, repository);
    if (repository.gated && token !== repository.token) return refuse(token ? 403 : 401, 'GatedRepo');
    const content = path === undefined ? undefined : repository.files[decodeURIComponent(path)];
    if (!content) return refuse(404, 'EntryNotFound');
    const common = { 'x-repo-commit': repository.commit, 'accept-ranges': 'bytes' };
    if (content.length < LARGE) {
      return sendFile(request, response, content, fault, { ...common, etag: `"${gitSha1(content)}"` });
    }
    const place = `/blobs/${sha256(content)}?X-Signature=secret`;
    blobs.set(place, content);
    return response
      .writeHead(302, {
        ...common,
        location: self.cdn + place,
        'x-linked-size': content.length,
        'x-linked-etag': `"${sha256(content)}"`,
      })
      .end();
  };

  const list = (url: URL, response: ServerResponse, { files }: Repository) => {
    const entries = Object.entries(files).map(([path, content]) => ({
      type: 'file',
      path,
      size: content.length,
      oid: content.length < LARGE ? gitSha1(content) : gitSha1(Buffer.from(`pointer to ${path}`)),
      ...(content.length >= LARGE && {
        lfs: { oid: sha256(content), size: content.length, pointerSize: 134 },
        xetHash: sha256(Buffer.from(path)),
      }),
    }));
    const folders = [
      ...new Set(
        Object.keys(files)
          .filter(p => p.includes('/'))
          .map(p => p.split('/')[0]!),
      ),
    ];
    const all = self.listing([
      ...folders.map(path => ({ type: 'directory', path, size: 0, oid: gitSha1(Buffer.from(path)) })),
      ...entries,
    ]);
    const from = Number(url.searchParams.get('cursor') ?? 0);
    const next = from + self.page;
    if (next < all.length) {
      url.searchParams.set('cursor', String(next));
      response.setHeader('link', `<${url.href}>; rel="next"`);
    }
    json(response, all.slice(from, next));
  };

  const hub = createServer(answer(false));
  const cdn = createServer(answer(true));
  const self: StandIn = {
    url: await listen(hub),
    cdn: await listen(cdn),
    asked,
    add: (name, files, more = {}) => {
      const contents = Object.fromEntries(
        Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]),
      );
      const commit = gitSha1(
        Buffer.from(JSON.stringify([name, Object.entries(contents).map(([p, c]) => [p, sha256(c)])])),
      );
      const repository = { commit, files: contents, ...more };
      repositories.set(name, repository);
      return repository;
    },
    serve: (path, content) => {
      plain.set(path, content);
      return self.url + path;
    },
    fault: () => undefined,
    cut: () => {
      hub.closeAllConnections();
      cdn.closeAllConnections();
    },
    listing: entries => entries,
    page: 1000,
  };
  return self;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = (response: ServerResponse, value: unknown) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** As file servers answer: whole, or from a byte on where the condition holds. */
function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  content: Buffer | undefined,
  fault: Fault | undefined,
  headers: Record<string, string> = {},
): void {
  if (!content) {
    response.writeHead(404).end('no such file');
    return;
  }
  const etag = headers.etag ?? `"${sha256(content).slice(0, 32)}"`;
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const condition = request.headers['if-range'];
  const partly = first !== undefined && (condition === undefined || condition === etag);
  const from = partly ? Number(first) : 0;
  const to = partly && last ? Math.min(Number(last) + 1, content.length) : content.length;
  if (from >= content.length && content.length > 0) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const body = content.subarray(from, to);
  response.writeHead(partly ? 206 : 200, {
    'content-length': body.length,
    ...headers,
    etag,
    ...(partly && { 'content-range': `bytes ${from}-${to - 1}/${content.length}` }),
    ...fault?.headers,
  });
  const replaced = fault?.body === undefined ? body : Buffer.from(fault.body);
  const end = fault?.cutAfter ?? fault?.stallAfter;
  if (request.method === 'HEAD') response.end();
  else if (end === undefined) response.end(replaced);
  else if (fault?.stallAfter !== undefined) response.write(replaced.subarray(0, end));
  else response.write(replaced.subarray(0, end), () => setTimeout(() => response.destroy(), 10));
}

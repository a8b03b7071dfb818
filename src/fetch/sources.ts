import { UserError } from '../errors.js';
import { type HubListing, hubUrl, listHub, placeOf } from './hub.js';
import { cachedBlob, cachedFiles } from './hub-cache.js';
import type { RemoteFile } from './partial.js';
import type { HubSource, Preset, Source, UrlSource } from './preset.js';
import { safePath } from './safe-path.js';
import { wanted } from './select.js';
import { tensorCut } from './tensor-cut.js';
import { Unreachable, type Web } from './web.js';

/** A file to have, and where it may come from. */
export interface SourceFile extends RemoteFile {
  /** Repository and commit, or address. */
  readonly from: string;
  /** A copy in Hugging Face's cache. */
  readonly cached: string | undefined;
}

/** What finding and fetching files takes. */
export interface FetchContext {
  readonly web: Web;
  /** Hugging Face's cache. */
  readonly cache: string;
  /** Take PyTorch weights where there are no others. */
  readonly bin: boolean;
}

/**
 * The files of a preset, with sizes and checksums as their sources tell them now. Where the hub cannot be reached but its
 * cache holds everything, as the cache tells them. UserError for a file that would not lie in the folder, for two of one name,
 * and, naming the files to place by hand, where no source can be reached.
 */
export async function sourceFiles(
  preset: Preset,
  folder: string,
  context: FetchContext,
): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  for (const source of preset.sources) {
    const found = 'repo' in source ? hubFiles(source, folder, context) : urlFile(source, context.web);
    files.push(
      ...(await found.catch((error: unknown) => {
        throw error instanceof Unreachable ? byHand(error, preset.sources, folder) : error;
      })),
    );
  }
  const seen = new Set<string>();
  for (const { path, from } of files) {
    const name = path.toLowerCase();
    if (seen.has(name))
      throw new UserError(`${from} has a second ${path}: two files cannot lie in one place`);
    seen.add(name);
  }
  return files;
}

async function hubFiles(source: HubSource, folder: string, context: FetchContext): Promise<SourceFile[]> {
  const { web, cache, bin } = context;
  const where = `${new URL(web.endpoint).host}/${placeOf(source)}`;
  const choose = ({ files }: HubListing) =>
    wanted(
      source,
      files.map(({ name }) => name),
      { where, bin, folder },
    );
  const listing = await listHub(source, web).catch(async (error: unknown) => {
    if (!(error instanceof Unreachable)) throw error;
    const cached = await cachedFiles(cache, source);
    try {
      choose(cached);
    } catch {
      throw error;
    }
    return cached;
  });
  const chosen = new Set(choose(listing));
  const files = listing.files.filter(({ name }) => chosen.has(name));
  const from = `${where}@${listing.commit}`;
  const url = (name: string) => hubUrl(source, listing.commit, name, web.endpoint);
  const found = await Promise.all(
    files.map(async ({ name, ...expected }) => {
      if (!safePath(name)) {
        throw new UserError(
          `${where} lists a file named ${JSON.stringify(name.slice(0, 200))}, which would not lie in ${folder}: nothing was fetched`,
        );
      }
      return {
        path: name,
        ...expected,
        ...{ url: url(name), from },
        cached: await cachedBlob(cache, source, expected),
      };
    }),
  );
  if (source.tensors === undefined) return found;
  return [{ ...(await tensorCut(found, source.tensors, web)), from, cached: undefined }];
}

async function urlFile({ url, path, bytes, sha256 }: UrlSource, web: Web): Promise<SourceFile[]> {
  const size = bytes ?? (await sizeOf(url, web));
  return [{ path, url, bytes: size, ...(sha256 && { sha256 }), from: url, cached: undefined }];
}

async function sizeOf(url: string, web: Web): Promise<number> {
  const { headers } = await web.request(url, { method: 'HEAD' });
  const length = headers.get('content-length');
  if (length === null || !/^\d+$/.test(length))
    throw new UserError(
      `${url} does not say its size, so that a whole download could not be told from a broken one`,
    );
  return Number(length);
}

/** What to do without a network. */
function byHand({ message }: Unreachable, sources: readonly Source[], folder: string): UserError {
  const places = sources.map(source => {
    if ('url' in source) return `${source.url} as ${source.path}`;
    const page = `https://huggingface.co/${placeOf(source)}`;
    if (source.tensors) return `the tensors ${source.tensors.prefix}… of ${page} as ${source.tensors.into}`;
    return `${[...source.files, ...source.optional].join(', ')} of ${page}`;
  });
  return new UserError(
    `${message}: without a network, download on another machine and place in ${folder}: ${places.join('; ')}`,
    { cause: message },
  );
}

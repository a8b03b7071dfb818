import { datasetInfo, listFiles, modelInfo } from '@huggingface/hub';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import type { Expected } from './checksum.js';
import type { HubSource } from './preset.js';
import type { Web } from './web.js';

/** A file of a repository, as its listing has it. */
export interface HubFile extends Expected {
  /** Its path in the repository. */
  readonly name: string;
}

/** The files of a repository at one commit. */
export interface HubListing {
  readonly commit: string;
  readonly files: readonly HubFile[];
}

/** The most files of a repository that are looked at, and the most pages of its listing; the hub's have 1000 files each. */
const MOST_FILES = 100_000;
const MOST_PAGES = 200;

const commitSchema = z.string().regex(/^[0-9a-f]{40}$/);

const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: z.int().min(0),
  oid: z.string().optional(),
  lfs: z.object({ oid: z.string().regex(/^[0-9a-f]{64}$/), size: z.int().min(0) }).optional(),
});

/**
 * Asks the hub for a repository's files. The revision is resolved to its commit first, so that a branch that moves meanwhile
 * cannot mix two versions. Errors as `Web.request`; UserError for an answer that is none of the hub's.
 */
export async function listHub({ repo, type, revision }: HubSource, web: Web): Promise<HubListing> {
  const ask = askWith(web);
  const where = { hubUrl: web.endpoint, fetch: ask };
  const about = { name: repo, revision, additionalFields: ['sha' as const], ...where };
  const files: HubFile[] = [];
  try {
    const { sha } = await (type === 'model' ? modelInfo(about) : datasetInfo(about));
    const commit = commitSchema.parse(sha);
    const entries = listFiles({ repo: { type, name: repo }, revision: commit, recursive: true, ...where });
    for await (const found of entries) {
      const entry = entrySchema.parse(found);
      if (entry.type !== 'file') continue;
      files.push(fileOf(entry));
      if (files.length > MOST_FILES) throw new Error(`it lists more than ${MOST_FILES} files`);
    }
    return { commit, files };
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(
      `${web.endpoint} does not answer about ${repo} as Hugging Face's hub does (${messageOf(error)}): is HF_ENDPOINT right?`,
    );
  }
}

function fileOf({ path, size, oid, lfs }: z.infer<typeof entrySchema>): HubFile {
  if (lfs) return { name: path, bytes: lfs.size, sha256: lfs.oid };
  return { name: path, bytes: size, ...(oid && /^[0-9a-f]{40}$/.test(oid) && { gitSha1: oid }) };
}

/** `fetch` for Hugging Face's library; its pages of listings end, whatever the server says of a next one. */
function askWith(web: Web): typeof fetch {
  let pages = 0;
  return async (input, init) => {
    if (++pages > MOST_PAGES)
      throw new UserError(`${web.endpoint} lists files without end: is HF_ENDPOINT right?`);
    const url = input instanceof Request ? input.url : String(input);
    const { headers, bytes } = await web.whole(url, new Headers(init?.headers));
    const link = headers.get('link');
    return new Response(new Uint8Array(bytes), { headers: link === null ? {} : { link } });
  };
}

/** Where a repository is on the hub, below its address. */
export const placeOf = ({ repo, type }: HubSource): string =>
  `${type === 'dataset' ? 'datasets/' : ''}${repo}`;

/** Where a file of a repository is downloaded from. */
export const hubUrl = (source: HubSource, commit: string, name: string, endpoint: string): string =>
  `${endpoint}/${placeOf(source)}/resolve/${commit}/${name.split('/').map(encodeURIComponent).join('/')}`;

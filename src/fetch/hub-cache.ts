import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import type { Expected } from './checksum.js';
import type { HubFile, HubListing } from './hub.js';
import type { HubSource } from './preset.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Hugging Face's own cache: `HF_HUB_CACHE`, or `hub` in `HF_HOME`, or in `~/.cache/huggingface`. */
export const hubCache = (env: Environment, home: string = homedir()): string =>
  env.HF_HUB_CACHE ||
  env.HUGGINGFACE_HUB_CACHE ||
  join(env.HF_HOME || join(env.XDG_CACHE_HOME || join(home, '.cache'), 'huggingface'), 'hub');

const repoFolder = (cache: string, { repo, type }: HubSource): string =>
  join(cache, `${type}s--${repo.replace('/', '--')}`);

/** The cache's copy of a file's content, by its checksum; undefined where there is none of that size. */
export async function cachedBlob(
  cache: string,
  source: HubSource,
  { bytes, sha256, gitSha1 }: Expected,
): Promise<string | undefined> {
  const name = sha256 ?? gitSha1;
  if (name === undefined) return undefined;
  const path = join(repoFolder(cache, source), 'blobs', name);
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() && found.size === bytes ? path : undefined;
}

/** What the cache holds of a revision, for when the hub cannot be asked; a revision of which it knows nothing has no files. */
export async function cachedFiles(cache: string, source: HubSource): Promise<HubListing> {
  const folder = repoFolder(cache, source);
  const ref = await readFile(join(folder, 'refs', source.revision), 'utf8').catch(() => source.revision);
  const commit = ref.trim();
  const files: HubFile[] = [];
  if (!/^[0-9a-f]{40}$/.test(commit)) return { commit, files };
  const snapshot = join(folder, 'snapshots', commit);
  const names = await readdir(snapshot, { recursive: true }).catch(() => []);
  for (const name of names) {
    const blob = await realpath(join(snapshot, name)).catch(() => undefined);
    const found = blob === undefined ? undefined : await stat(blob);
    if (!found?.isFile()) continue;
    const checksum = basename(blob!);
    files.push({
      name: name.replaceAll('\\', '/'),
      bytes: found.size,
      ...(/^[0-9a-f]{64}$/.test(checksum) && { sha256: checksum }),
      ...(/^[0-9a-f]{40}$/.test(checksum) && { gitSha1: checksum }),
    });
  }
  return { commit, files };
}

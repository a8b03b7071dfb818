import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, onTestFinished } from 'vitest';
import { runFetch } from '../../src/fetch/fetch-preset.js';
import { type Plan, planFetch } from '../../src/fetch/plan.js';
import type { Preset, Source } from '../../src/fetch/preset.js';
import { createWeb } from '../../src/fetch/web.js';
import { gitSha1, noise, type StandIn, sha256, startStandIn } from './stand-in.js';

/** A stand-in of the hub, and folders that are removed afterwards; new for every test of the file that imports this. */
export let server: StandIn;
export let root: string;
export let folder: string;

beforeEach(async () => {
  server = await startStandIn();
  root = await mkdtemp(join(tmpdir(), 'vlm-spatial-fetch-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  folder = join(root, 'models', 'tiny');
});

export const weights = [noise(5000, 1), noise(7000, 2)];
export const model = {
  'config.json': '{"a":1}',
  'tokenizer.json': '{"b":2}',
  'model-00001-of-00002.safetensors': weights[0]!,
  'model-00002-of-00002.safetensors': weights[1]!,
  'model.safetensors.index.json': '{}',
  'pytorch_model.bin': noise(9000),
  'README.md': 'a card',
  'images/big.png': noise(2000),
};

export const hub = (repo: string, more: object = {}): Source => ({
  ...{ repo, type: 'model', revision: 'main' },
  ...{ files: ['config.json', 'tokenizer.json', 'model*.safetensors'] },
  ...{ optional: ['model.safetensors.index.json', 'generation_config.json'] },
  ...more,
});

export const presetOf = (sources: Source[], more: Partial<Preset> = {}): Preset => ({
  ...{ name: 'tiny', title: 'Tiny', approximateBytes: null, license: 'none', sources, write: {} },
  ...more,
});

interface Call {
  readonly preset?: Preset;
  readonly bin?: boolean;
  readonly offline?: boolean;
  readonly token?: string;
  readonly signal?: AbortSignal;
  readonly onBytes?: (bytes: number) => void;
}

export function contextOf({
  bin = false,
  offline = false,
  token,
  signal = new AbortController().signal,
}: Call = {}) {
  const web = createWeb({ endpoint: server.url, token, signal, offline, wait: async () => undefined });
  return { web, cache: join(root, 'hub'), bin };
}

export const plan = ({ preset = presetOf([hub('owner/tiny')]), ...call }: Call = {}): Promise<Plan> =>
  planFetch(preset, folder, contextOf(call));

/** Plans and fetches; gives what was said and how far it was. */
export async function fetchIt(call: Call = {}): Promise<{ notes: string[]; done: number; planned: Plan }> {
  const planned = await plan(call);
  const notes: string[] = [];
  let done = 0;
  await runFetch(planned, contextOf(call).web, {
    onNote: text => notes.push(text),
    onBytes: bytes => {
      done = bytes;
      call.onBytes?.(bytes);
    },
  });
  return { notes, done, planned };
}

export const content = async (path: string) => readFile(join(folder, path));
export const downloads = () =>
  server.asked.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path.split('/').at(-1));

/** Puts a repository into Hugging Face's cache as its own library lays it out. */
export async function cacheRepository(
  repo: string,
  commit: string,
  files: Record<string, Buffer>,
): Promise<void> {
  const place = join(root, 'hub', `models--${repo.replace('/', '--')}`);
  await mkdir(join(place, 'refs'), { recursive: true });
  await mkdir(join(place, 'blobs'), { recursive: true });
  await writeFile(join(place, 'refs', 'main'), commit);
  for (const [path, bytes] of Object.entries(files)) {
    const blob = join(place, 'blobs', bytes.length < 1000 ? gitSha1(bytes) : sha256(bytes));
    const pointer = join(place, 'snapshots', commit, path);
    await writeFile(blob, bytes);
    await mkdir(dirname(pointer), { recursive: true });
    await symlink(blob, pointer);
  }
}

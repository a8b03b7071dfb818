import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { isComplete, runFetch } from '../../src/fetch/fetch-preset.js';
import { lockFolder } from '../../src/fetch/lock.js';
import { MANIFEST, readManifest } from '../../src/fetch/manifest.js';
import { checkRoom, type Plan, planFetch } from '../../src/fetch/plan.js';
import type { Preset, Source } from '../../src/fetch/preset.js';
import { createWeb } from '../../src/fetch/web.js';
import { gitSha1, noise, type StandIn, sha256, startStandIn } from './stand-in.js';

let server: StandIn;
let root: string;
let folder: string;

beforeEach(async () => {
  server = await startStandIn();
  root = await mkdtemp(join(tmpdir(), 'vlm-spatial-fetch-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  folder = join(root, 'models', 'tiny');
});

const weights = [noise(5000, 1), noise(7000, 2)];
const model = {
  'config.json': '{"a":1}',
  'tokenizer.json': '{"b":2}',
  'model-00001-of-00002.safetensors': weights[0]!,
  'model-00002-of-00002.safetensors': weights[1]!,
  'model.safetensors.index.json': '{}',
  'pytorch_model.bin': noise(9000),
  'README.md': 'a card',
  'images/big.png': noise(2000),
};

const hub = (repo: string, more: object = {}): Source => ({
  ...{ repo, type: 'model', revision: 'main' },
  ...{ files: ['config.json', 'tokenizer.json', 'model*.safetensors'] },
  ...{ optional: ['model.safetensors.index.json', 'generation_config.json'] },
  ...more,
});

const presetOf = (sources: Source[], more: Partial<Preset> = {}): Preset => ({
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

function contextOf({
  bin = false,
  offline = false,
  token,
  signal = new AbortController().signal,
}: Call = {}) {
  const web = createWeb({ endpoint: server.url, token, signal, offline, wait: async () => undefined });
  return { web, cache: join(root, 'hub'), bin };
}

const plan = ({ preset = presetOf([hub('owner/tiny')]), ...call }: Call = {}): Promise<Plan> =>
  planFetch(preset, folder, contextOf(call));

/** Plans and fetches; gives what was said and how far it was. */
async function fetchIt(call: Call = {}): Promise<{ notes: string[]; done: number; planned: Plan }> {
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

const content = async (path: string) => readFile(join(folder, path));
const downloads = () =>
  server.asked.filter(({ path }) => path.includes('/resolve/')).map(({ path }) => path.split('/').at(-1));

/** Puts a repository into Hugging Face's cache as its own library lays it out. */
async function cacheRepository(repo: string, commit: string, files: Record<string, Buffer>): Promise<void> {
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

describe('a model', () => {
  test('arrives with the files that are wanted, checked, and a manifest', async () => {
    const { commit } = server.add('owner/tiny', model);
    server.page = 3;
    const { done, planned } = await fetchIt();
    const names = [
      'config.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
    ];
    expect((await readdir(folder)).sort()).toEqual([MANIFEST, ...names]);
    expect(await content('config.json')).toEqual(Buffer.from(model['config.json']));
    expect((await content(names[2]!)).equals(weights[1]!)).toBe(true);
    expect(done).toBe(planned.missing);
    expect(planned.bytes).toBe(12_000 + 7 + 7 + 2);
    const manifest = await readManifest(folder);
    expect(manifest).toMatchObject({ preset: 'tiny', complete: true });
    expect(manifest!.files.map(({ path }) => path).sort()).toEqual(names);
    expect(manifest!.files.find(({ path }) => path === names[1])).toEqual({
      ...{ path: names[1], bytes: 5000, sha256: sha256(weights[0]!) },
      from: `${new URL(server.url).host}/owner/tiny@${commit}`,
    });
    expect(await isComplete(presetOf([hub('owner/tiny')]), folder)).toBe(true);
  });

  test('is complete no more once a file is cut, gone, or the preset wants others', async () => {
    server.add('owner/tiny', model);
    await fetchIt();
    const preset = presetOf([hub('owner/tiny')]);
    expect(await isComplete(presetOf([hub('owner/tiny', { revision: 'v2' })]), folder)).toBe(false);
    await writeFile(join(folder, 'tokenizer.json'), '{"b"');
    expect(await isComplete(preset, folder)).toBe(false);
    await rm(join(folder, 'tokenizer.json'));
    expect(await isComplete(preset, folder)).toBe(false);
    await fetchIt();
    expect(await isComplete(preset, folder)).toBe(true);
    expect(downloads().filter(name => name === 'tokenizer.json')).toHaveLength(2);
    expect(downloads().filter(name => name === 'config.json')).toHaveLength(1);
  });

  test('that was stopped goes on with the file it was at; finished ones are not asked for again', async () => {
    server.add('owner/tiny', model);
    const stop = new AbortController();
    server.fault = ({ onCdn, path }) =>
      onCdn && path.includes(sha256(weights[1]!)) ? { stallAfter: 3000 } : undefined;
    const stopping = fetchIt({
      signal: stop.signal,
      onBytes: bytes => {
        if (bytes > 7 + 5000 + 2000) stop.abort();
      },
    });
    await expect(stopping).rejects.toThrow(/stopped/);
    expect(await isComplete(presetOf([hub('owner/tiny')]), folder)).toBe(false);
    expect((await readManifest(folder))!.complete).toBe(false);
    expect(existsSync(join(folder, 'model-00002-of-00002.safetensors'))).toBe(false);
    server.fault = () => undefined;
    const before = downloads().length;
    const { planned } = await fetchIt();
    expect(planned.files.filter(({ here }) => here).map(({ path }) => path)).toEqual([
      'config.json',
      'tokenizer.json',
      'model-00001-of-00002.safetensors',
    ]);
    expect(planned.files.find(({ path }) => path.includes('00002-of'))!.begun).toBeGreaterThan(2000);
    expect(downloads().slice(before).sort()).toEqual([
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
    ]);
    expect((await content('model-00002-of-00002.safetensors')).equals(weights[1]!)).toBe(true);
    expect(await isComplete(presetOf([hub('owner/tiny')]), folder)).toBe(true);
  });

  test('may take files from several repositories, and settings of its own beside them', async () => {
    server.add('owner/tiny', { 'config.json': '{}', 'model.safetensors': weights[0]! });
    server.add('other/tokens', { 'tokenizer.json': '{"t":1}', 'config.json': '{"other":1}' });
    const preset = presetOf(
      [
        hub('owner/tiny', { files: ['config.json', 'model*.safetensors'] }),
        hub('other/tokens', { files: ['tokenizer.json'] }),
      ],
      { write: { 'vlm-spatial.json': { pad: true } } },
    );
    await fetchIt({ preset });
    expect(JSON.parse(String(await content('vlm-spatial.json')))).toEqual({ pad: true });
    expect(String(await content('tokenizer.json'))).toBe('{"t":1}');
    expect(String(await content('config.json'))).toBe('{}');
    await writeFile(join(folder, 'vlm-spatial.json'), '{"pad":false}');
    await rm(join(folder, 'config.json'));
    await fetchIt({ preset });
    expect(String(await content('vlm-spatial.json'))).toBe('{"pad":false}');
  });

  test('whose branch has moved meanwhile replaces what was fetched, not what somebody has made of it', async () => {
    server.add('owner/tiny', model);
    await fetchIt();
    server.add('owner/tiny', { ...model, 'config.json': '{"a":2}', 'tokenizer.json': '{"b":3}' });
    await fetchIt();
    expect(String(await content('config.json'))).toBe('{"a":2}');
    await writeFile(join(folder, 'config.json'), '{"a":9}');
    await expect(plan()).rejects.toThrow(
      /config\.json is there, but is not what .*owner\/tiny@[0-9a-f]{40} has \(git's SHA-1 .*move it away/,
    );
  });

  test('keeps a file that was placed by hand where it is the same, and never replaces one that is not', async () => {
    server.add('owner/tiny', model);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model-00001-of-00002.safetensors'), weights[0]!);
    const { planned } = await fetchIt();
    expect(planned.missing).toBe(planned.bytes - 5000);
    expect(downloads()).not.toContain('model-00001-of-00002.safetensors');
    await rm(folder, { recursive: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'tokenizer.json'), '{"mine":1}');
    await expect(fetchIt()).rejects.toThrow(/tokenizer\.json is there, but is not what/);
    expect(String(await content('tokenizer.json'))).toBe('{"mine":1}');
  });

  test('with PyTorch weights only is refused, naming the script; --bin takes them', async () => {
    server.add('owner/tiny', {
      'config.json': '{}',
      'tokenizer.json': '{}',
      'pytorch_model-00001-of-00001.bin': noise(3000),
      'pytorch_model.bin.index.json': '{}',
    });
    await expect(plan()).rejects.toThrow(
      /PyTorch \.bin only.*--bin.*python scripts\/convert_bin_to_safetensors\.py .*models\/tiny"/,
    );
    await fetchIt({ bin: true });
    expect((await readdir(folder)).filter(name => name.includes('pytorch'))).toHaveLength(2);
    expect(existsSync(join(import.meta.dirname, '../../scripts/convert_bin_to_safetensors.py'))).toBe(true);
  });

  test.each([
    [{ 'config.json': '{}', 'tokenizer.json': '{}' }, /has no model\*\.safetensors, which is needed/],
    [{ ...model, 'config.json': undefined }, /has no config\.json/],
    [{ ...model, 'model-00001-of-00002.safetensors': undefined }, /lacks model-00001-of-00002\.safetensors/],
    [{ ...model, 'model-00002-of-00002.safetensors': undefined }, /lacks model-00002-of-00002\.safetensors/],
  ])('that lacks files is no model %#', async (files, message) => {
    const there = Object.entries(files).filter(([, value]) => value !== undefined);
    server.add('owner/tiny', Object.fromEntries(there) as Record<string, string>);
    await expect(plan()).rejects.toThrow(message);
  });
});

describe('plain addresses', () => {
  const archive = noise(20_000);

  test('arrive under their names; sizes come from the server, checksums from the preset', async () => {
    const sources = [
      { url: server.serve('/val.zip', archive), path: 'val.zip' },
      {
        url: server.serve('/ann.zip', weights[0]!),
        path: 'ann.zip',
        bytes: 5000,
        sha256: sha256(weights[0]!),
      },
    ];
    const { planned } = await fetchIt({ preset: presetOf(sources) });
    expect(planned.bytes).toBe(25_000);
    expect((await content('val.zip')).equals(archive)).toBe(true);
    expect((await readManifest(folder))!.files[0]).toMatchObject({
      sha256: sha256(archive),
      from: `${server.url}/val.zip`,
    });
    expect(server.asked.filter(({ method }) => method === 'HEAD')).toHaveLength(1);
  });

  test('with a wrong checksum leave nothing', async () => {
    const sources = [
      { url: server.serve('/a.zip', archive), path: 'a.zip', bytes: 20_000, sha256: '0'.repeat(64) },
    ];
    await expect(fetchIt({ preset: presetOf(sources) })).rejects.toThrow(/arrives damaged, twice/);
    expect(await readdir(folder)).toEqual([MANIFEST]);
    expect((await readManifest(folder))!.complete).toBe(false);
  });

  test('that do not say their size are refused', async () => {
    server.fault = () => ({ status: 200, headers: { 'transfer-encoding': 'chunked' } });
    const sources = [{ url: server.serve('/a.zip', archive), path: 'a.zip' }];
    await expect(plan({ preset: presetOf(sources) })).rejects.toThrow(/does not say its size/);
  });
});

describe("Hugging Face's cache", () => {
  const files = Object.fromEntries(Object.entries(model).map(([path, bytes]) => [path, Buffer.from(bytes)]));

  test('gives what it has: linked, not downloaded, and no room is needed for it', async () => {
    const { commit } = server.add('owner/tiny', model);
    await cacheRepository('owner/tiny', commit, {
      'model-00001-of-00002.safetensors': weights[0]!,
      'config.json': files['config.json']!,
    });
    const { planned } = await fetchIt();
    expect(downloads().sort()).toEqual([
      'model-00002-of-00002.safetensors',
      'model.safetensors.index.json',
      'tokenizer.json',
    ]);
    expect(planned.needed).toBe(planned.bytes - 5000 - 7);
    expect((await content('model-00001-of-00002.safetensors')).equals(weights[0]!)).toBe(true);
    expect((await stat(join(folder, 'model-00001-of-00002.safetensors'))).nlink).toBe(2);
  });

  test('is not believed where a file of it is damaged', async () => {
    const { commit } = server.add('owner/tiny', model);
    await cacheRepository('owner/tiny', commit, { 'model-00001-of-00002.safetensors': weights[0]! });
    await writeFile(join(root, 'hub', 'models--owner--tiny', 'blobs', sha256(weights[0]!)), noise(5000, 8));
    const { notes } = await fetchIt();
    expect(notes.join()).toMatch(/cache has a damaged model-00001-of-00002\.safetensors/);
    expect((await content('model-00001-of-00002.safetensors')).equals(weights[0]!)).toBe(true);
    expect((await readdir(folder)).filter(name => /partial|cached/.test(name))).toEqual([]);
  });

  test('is enough without a network', async () => {
    const { commit } = server.add('owner/tiny', model);
    await cacheRepository('owner/tiny', commit, files);
    await fetchIt({ offline: true });
    expect(server.asked).toEqual([]);
    expect((await readManifest(folder))!.files).toHaveLength(5);
    expect(await isComplete(presetOf([hub('owner/tiny')]), folder)).toBe(true);
  });

  test('that lacks a shard is not taken for a whole model', async () => {
    const { commit } = server.add('owner/tiny', model);
    const { 'model-00002-of-00002.safetensors': _, ...some } = files;
    await cacheRepository('owner/tiny', commit, some);
    await expect(plan({ offline: true })).rejects.toThrow(/without a network/);
  });
});

describe('without a network', () => {
  test('the files to place by hand are named, and where', async () => {
    const preset = presetOf([hub('owner/tiny'), { url: 'https://example.org/val.zip', path: 'val.zip' }]);
    await expect(plan({ preset, offline: true })).rejects.toThrow(
      /HF_HUB_OFFLINE is set.*download on another machine and place in .*models\/tiny: config\.json, tokenizer\.json, model\*\.safetensors, .* of https:\/\/huggingface\.co\/owner\/tiny; https:\/\/example\.org\/val\.zip as val\.zip$/,
    );
    expect(existsSync(folder)).toBe(false);
  });

  test('a hub that cannot be reached says so', async () => {
    const web = createWeb({
      endpoint: 'http://127.0.0.1:9',
      signal: new AbortController().signal,
      wait: async () => undefined,
    });
    await expect(
      planFetch(presetOf([hub('owner/tiny')]), folder, { web, cache: root, bin: false }),
    ).rejects.toThrow(/127\.0\.0\.1:9 cannot be reached.*place in/);
  });
});

describe('a repository that is not open', () => {
  const gated = () => server.add('owner/tiny', model, { gated: true, token: 'hf_good' });

  test('gated: says what to do, without a token and with one that has no access', async () => {
    gated();
    await expect(fetchIt()).rejects.toThrow(
      /is gated \(401, GatedRepo\): accept its terms at .*\/owner\/tiny, make a token .* and set HF_TOKEN/,
    );
    await expect(fetchIt({ token: 'hf_other' })).rejects.toThrow(
      /is gated and your account has no access yet \(403, GatedRepo\)/,
    );
    await fetchIt({ token: 'hf_good' });
    expect(await isComplete(presetOf([hub('owner/tiny')]), folder)).toBe(true);
  });

  test('private or not there', async () => {
    server.add('owner/tiny', model, { token: 'hf_good' });
    await expect(plan()).rejects.toThrow(
      /owner\/tiny is not there, or is private \(401, RepoNotFound\).*HF_TOKEN/,
    );
    await expect(plan({ token: 'hf_other' })).rejects.toThrow(
      /is not there, is private, or HF_TOKEN is not accepted/,
    );
    await fetchIt({ token: 'hf_good' });
  });

  test('a revision that is not there', async () => {
    server.add('owner/tiny', model);
    await expect(plan({ preset: presetOf([hub('owner/tiny', { revision: 'v9' })]) })).rejects.toThrow(
      /has no such revision \(404, RevisionNotFound\)/,
    );
  });
});

describe('a listing that is not to be trusted', () => {
  const everything = presetOf([hub('owner/tiny', { files: ['*'], optional: ['data/*', '*/*/*'] })]);

  test.each([
    '../evil',
    '/etc/evil',
    'data/..\\..\\evil',
    '..',
    'C:evil',
    'data/../../evil',
    'evil\u0000.json',
    'a\nb',
    './evil',
    'data//evil',
  ])('names %j: refused before anything is written', async name => {
    server.add('owner/tiny', model);
    server.listing = entries => [...entries, { type: 'file', path: name, size: 4, oid: 'a'.repeat(40) }];
    const preset = presetOf([
      hub('owner/tiny', { files: ['*'], optional: ['*/*', '*/*/*', '/*/*', '*/*/*/*', '*/'] }),
    ]);
    await expect(fetchIt({ preset })).rejects.toThrow(/would not lie in .*nothing was fetched/);
    expect(await readdir(root)).toEqual([]);
  });

  test('has one name twice, but for the case', async () => {
    server.add('owner/tiny', { ...model, 'Config.json': '{}' });
    await expect(plan({ preset: everything })).rejects.toThrow(/has a second [cC]onfig\.json/);
  });

  test.each([
    ['a size that is none', { size: -1 }],
    ['a size that is text', { size: '7' }],
    ['a checksum that is none', { lfs: { oid: '../../x', size: 7, pointerSize: 1 } }],
    ['no path', { path: 7 }],
  ])('has %s', async (_, wrong) => {
    server.add('owner/tiny', model);
    server.listing = entries => entries.map(entry => ({ ...entry, ...wrong }));
    await expect(plan()).rejects.toThrow(/does not answer about owner\/tiny as Hugging Face's hub does/);
  });

  test('is no listing at all, or never ends', async () => {
    server.add('owner/tiny', model);
    server.fault = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' });
    await expect(plan()).rejects.toThrow(/is HF_ENDPOINT right\?/);
    server.fault = ({ path }) =>
      path.includes('/tree/')
        ? {
            status: 200,
            headers: { 'content-type': 'application/json', link: `<${server.url}${path}>; rel="next"` },
            body: '[]',
          }
        : undefined;
    await expect(plan()).rejects.toThrow(/lists files without end/);
  });

  test('sends its next page to another host: the token does not follow', async () => {
    server.add('owner/tiny', model, { token: 'hf_good' });
    server.fault = ({ path, onCdn }) =>
      path.includes('/tree/') && !onCdn
        ? {
            status: 200,
            headers: { 'content-type': 'application/json', link: `<${server.cdn}/steal>; rel="next"` },
            body: '[]',
          }
        : undefined;
    await expect(plan({ token: 'hf_good' })).rejects.toThrow(/is not there \(404\)/);
    expect(server.asked.at(-1)).toMatchObject({ onCdn: true, path: '/steal' });
    expect(server.asked.at(-1)!.headers.authorization).toBeUndefined();
  });
});

test('a folder that is a link inside the target leads nothing out of it', async () => {
  server.add('owner/tiny', model);
  const outside = join(root, 'outside');
  await mkdir(outside);
  await mkdir(folder, { recursive: true });
  await symlink(outside, join(folder, 'images'));
  const preset = presetOf([hub('owner/tiny', { files: ['config.json', 'images/*.png'] })]);
  await expect(fetchIt({ preset })).rejects.toThrow(/images is a symbolic link: remove it/);
  expect(await readdir(outside)).toEqual([]);
});

test('a dry run reads the listing alone and writes nothing', async () => {
  server.add('owner/tiny', model);
  const { files, bytes, missing, free } = await plan();
  expect(files.map(({ path }) => path)).toHaveLength(5);
  expect([bytes, missing]).toEqual([12_016, 12_016]);
  expect(free).toBeGreaterThan(0);
  expect(downloads()).toEqual([]);
  expect(await readdir(root)).toEqual([]);
});

test('a disk without room is refused before anything is written', async () => {
  server.add('owner/tiny', model);
  const planned = await plan();
  expect(() => checkRoom(planned)).not.toThrow();
  const full = { ...planned, free: 12_015 };
  expect(() => checkRoom(full)).toThrow(
    /tiny needs 12\.0 kB more in .*tiny, where 12\.0 kB are free: make room/,
  );
  await expect(runFetch(full, contextOf().web, { onBytes: () => {}, onNote: () => {} })).rejects.toThrow(
    /make room/,
  );
  expect(await readdir(root)).toEqual([]);
});

test('two fetches into one folder: the second is told, a dead one does not count', async () => {
  server.add('owner/tiny', model);
  await mkdir(folder, { recursive: true });
  const unlock = await lockFolder(folder);
  await expect(fetchIt()).rejects.toThrow(/process \d+ on .* fetches into .* already: wait/);
  await unlock();
  // No process has this id: it is above the largest that Linux gives.
  await writeFile(
    join(folder, '.vlm-spatial-fetch.lock'),
    `4194305 on ${(await import('node:os')).hostname()}`,
  );
  await fetchIt();
  expect(existsSync(join(folder, '.vlm-spatial-fetch.lock'))).toBe(false);
});

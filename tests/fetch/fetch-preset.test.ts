import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isComplete, runFetch } from '../../src/fetch/fetch-preset.js';
import { lockFolder } from '../../src/fetch/lock.js';
import { MANIFEST, readManifest } from '../../src/fetch/manifest.js';
import { checkRoom } from '../../src/fetch/plan.js';
import { unfinishedFetch } from '../../src/harness/unfinished-fetch.js';
import {
  content,
  contextOf,
  downloads,
  fetchIt,
  folder,
  hub,
  model,
  plan,
  presetOf,
  root,
  server,
  weights,
} from './setup.js';
import { noise, sha256 } from './stand-in.js';

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
        if (bytes >= 7 + 7 + 5000 + 3000) stop.abort();
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
    expect(planned.files.find(({ path }) => path.includes('00002-of'))!.begun).toBe(3000);
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
  await writeFile(join(folder, '.vlm-spatial-fetch.lock'), `4194305 on ${hostname()}`);
  await fetchIt();
  expect(existsSync(join(folder, '.vlm-spatial-fetch.lock'))).toBe(false);
});

test('a folder that cannot be written is an error for people, not a crash', async () => {
  server.add('owner/tiny', { ...model, 'images/a.png': 'x' });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'images'), 'a file where a folder should be');
  const preset = presetOf([hub('owner/tiny', { files: ['config.json', 'images/*.png'] })]);
  await expect(fetchIt({ preset })).rejects.toThrow(
    /big\.png\.partial cannot be written \(ENOTDIR: .*\): what was written is kept/,
  );
  const taken = join(root, 'file');
  await writeFile(taken, '');
  const planned = await plan();
  const events = { onBytes: () => {}, onNote: () => {} };
  await expect(runFetch({ ...planned, folder: taken }, contextOf().web, events)).rejects.toThrow(
    /cannot be made/,
  );
});

test('a stopped fetch, or one whose files were cut since, is known as such by its folder', async () => {
  server.add('owner/tiny', model);
  await fetchIt();
  expect(await unfinishedFetch(folder)).toBeUndefined();
  expect(await unfinishedFetch(root)).toBeUndefined();
  await rm(join(folder, 'model-00002-of-00002.safetensors'));
  expect(await unfinishedFetch(folder)).toMatch(/^vlm-spatial fetch bench tiny --datasets .*models$/);
  const manifest = await readManifest(folder);
  await writeFile(
    join(folder, MANIFEST),
    JSON.stringify({ ...manifest, preset: 'llava-1.5-7b', complete: false }),
  );
  expect(await unfinishedFetch(folder)).toMatch(/^vlm-spatial fetch model tiny --models .*models$/);
});

import { existsSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isComplete } from '../../src/fetch/fetch-preset.js';
import { readManifest } from '../../src/fetch/manifest.js';
import { planFetch } from '../../src/fetch/plan.js';
import { createWeb } from '../../src/fetch/web.js';
import {
  cacheRepository,
  content,
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
  const nowhere = {
    endpoint: 'http://127.0.0.1:9',
    signal: new AbortController().signal,
    wait: async () => undefined,
  };

  test('the files to place by hand are named, and where', async () => {
    const preset = presetOf([hub('owner/tiny'), { url: 'https://example.org/val.zip', path: 'val.zip' }]);
    await expect(plan({ preset, offline: true })).rejects.toThrow(
      /HF_HUB_OFFLINE is set.*download on another machine and place in .*models\/tiny: config\.json, tokenizer\.json, model\*\.safetensors, .* of https:\/\/huggingface\.co\/owner\/tiny; https:\/\/example\.org\/val\.zip as val\.zip$/,
    );
    expect(existsSync(folder)).toBe(false);
  });

  test('a hub that cannot be reached says so', async () => {
    const context = { web: createWeb(nowhere), cache: root, bin: false };
    await expect(planFetch(presetOf([hub('owner/tiny')]), folder, context)).rejects.toThrow(
      /127\.0\.0\.1:9 cannot be reached.*place in/,
    );
  });

  test('that goes in the middle, the rest is named', async () => {
    server.add('owner/tiny', model);
    server.fault = ({ path, onCdn }) =>
      onCdn && path.includes(sha256(weights[1]!)) ? { cutAfter: 0 } : undefined;
    await expect(fetchIt()).rejects.toThrow(
      /run this again to go on; or download on another machine and place in .*models\/tiny: http.*model-00002-of-00002\.safetensors as model-00002-of-00002\.safetensors, http.* as model\.safetensors\.index\.json$/,
    );
    expect((await content('model-00001-of-00002.safetensors')).equals(weights[0]!)).toBe(true);
    expect(await isComplete(presetOf([hub('owner/tiny')]), folder)).toBe(false);
  });

  test('a hint is given where there is one', async () => {
    const web = createWeb({ ...nowhere, hint: 'mind the proxy' });
    await expect(web.request(`${nowhere.endpoint}/x`)).rejects.toThrow(
      /cannot be reached \(.*; mind the proxy\)$/,
    );
  });
});

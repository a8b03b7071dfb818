import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isComplete } from '../../src/fetch/fetch-preset.js';
import { fetchIt, folder, hub, model, plan, presetOf, root, server } from './setup.js';

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

  test('breaks off in the middle once: asked for again', async () => {
    server.add('owner/tiny', model);
    let breaks = 0;
    server.fault = ({ path }) => {
      if (!path.includes('/tree/') || breaks++ > 0) return undefined;
      const headers = { 'content-length': '5000', connection: 'close' };
      return { status: 200, headers, body: '[{"type":' };
    };
    expect((await plan()).files).toHaveLength(5);
    expect(breaks).toBe(2);
  });

  test('is larger than any listing is', async () => {
    server.add('owner/tiny', model);
    server.fault = ({ path }) =>
      path.includes('/tree/') ? { status: 200, body: Buffer.alloc((1 << 26) + 1, ' ') } : undefined;
    await expect(plan()).rejects.toThrow(/answers with more than 67108864 bytes/);
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

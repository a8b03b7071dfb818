import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { tryBackend } from '../../src/engine/backend.js';
import { addonFolder, manifestFile, nativeFolder, readManifest } from '../../src/engine/native/folder.js';
import { libraryNames } from '../../src/engine/native/libraries.js';
import { loggingRun } from '../../src/engine/native/run.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'native-folder-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

test("the engine lives in the user's cache folder of each system, or where the environment says", () => {
  expect(nativeFolder({}, 'linux', '/home/u')).toBe('/home/u/.cache/vlm-spatial/native');
  expect(nativeFolder({ XDG_CACHE_HOME: '/c' }, 'linux', '/home/u')).toBe('/c/vlm-spatial/native');
  expect(nativeFolder({}, 'darwin', '/Users/u')).toBe('/Users/u/Library/Caches/vlm-spatial/native');
  expect(nativeFolder({ LOCALAPPDATA: '/l' }, 'win32', '/u')).toBe('/l/vlm-spatial/native');
  expect(nativeFolder({ VLM_SPATIAL_NATIVE: '/mine', XDG_CACHE_HOME: '/c' }, 'linux', '/u')).toBe('/mine');
});

const manifest = {
  format: 1,
  addon: '@tensorflow/tfjs-node 4.22.0',
  tensorflow: { version: '2.21.0', cuda: false, source: 'the TensorFlow in /gone' },
  node: 'v20.0.0',
  platform: process.platform,
  arch: process.arch,
  built: '2026-01-01T00:00:00.000Z',
};

/** The reason why the engine in `root` is rejected. */
async function reason(): Promise<string> {
  vi.stubEnv('VLM_SPATIAL_NATIVE', root);
  const tried = await tryBackend('native', {});
  return 'reason' in tried ? tried.reason : 'it started';
}

test('no engine, one for another machine, one whose TensorFlow has gone, one without its addon', async () => {
  expect(readManifest(root)).toBeNull();
  expect(await reason()).toMatch(/no native engine in .*; vlm-spatial native builds one/);

  writeFileSync(manifestFile(root), JSON.stringify({ ...manifest, arch: 'mips' }));
  expect(await reason()).toMatch(/was built for \w+ mips/);

  writeFileSync(manifestFile(root), JSON.stringify(manifest));
  const deps = join(addonFolder(root), 'deps');
  mkdirSync(deps, { recursive: true });
  symlinkSync(join(root, 'gone'), join(deps, 'lib'));
  expect(await reason()).toMatch(/the TensorFlow in \/gone, which the native engine uses, has moved or gone/);

  mkdirSync(join(root, 'gone'));
  for (const name of Object.keys(libraryNames())) writeFileSync(join(root, 'gone', name), '');
  expect(await reason()).toMatch(/addon/);
});

test('a manifest of another format asks for a new build', () => {
  writeFileSync(manifestFile(root), JSON.stringify({ ...manifest, format: 2 }));
  expect(() => readManifest(root)).toThrow(/run vlm-spatial native again/);
});

test('commands run with their output kept, and one that is not there is no error', async () => {
  const log = join(root, 'log');
  const run = loggingRun(log);
  const script = 'console.log("out"); console.error("err"); process.exit(3)';
  expect(await run(process.execPath, ['-e', script])).toMatchObject({ status: 3 });
  expect(await run('no-such-command-anywhere', [])).toEqual({ status: null, output: '' });

  expect(readFileSync(log, 'utf8')).toMatch(/\$ .*-e [\s\S]*out[\s\S]*\$ no-such-command-anywhere/);
  const killed = await run(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")']);
  expect(killed.status).toBe(1);
  expect(killed.output).toMatch(/ended by SIGKILL/);
});

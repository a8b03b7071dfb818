import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { noise, type StandIn, startStandIn } from '../fetch/stand-in.js';
import { root as packageRoot, runCli } from '../support/cli.js';
import { inFolder, vlmSpatial } from './stored-runs.js';

const NAME = 'llava-interleave-qwen-0.5b';
const weights = noise(400_000);
const files = {
  'config.json': '{}',
  'preprocessor_config.json': '{}',
  'tokenizer.json': '{}',
  'tokenizer_config.json': '{}',
  'model.safetensors': weights,
  'README.md': 'card',
};

let hub: StandIn;

beforeEach(async () => {
  hub = await startStandIn();
  hub.add('llava-hf/llava-interleave-qwen-0.5b-hf', files);
});

/** Environment of a machine that knows the stand-in and has no cache. */
const environment = (dir: string, more: Record<string, string> = {}): Record<string, string> => ({
  ...{
    HF_ENDPOINT: `${hub.url}/`,
    HF_HOME: join(dir, 'hf'),
    HF_HUB_CACHE: '',
    HF_TOKEN: '',
    HF_HUB_OFFLINE: '',
  },
  ...more,
});

/** Runs the command line in this process, in that environment. */
async function inEnvironment(dir: string, args: string[], more?: Record<string, string>): Promise<string> {
  for (const [name, value] of Object.entries(environment(dir, more))) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  return vlmSpatial(...args, '--quiet', ...(args.includes('--json') ? [] : ['--json']));
}

const fetchModel = async (dir: string, ...more: string[]) =>
  JSON.parse(await inEnvironment(dir, ['fetch', 'model', NAME, '--models', join(dir, 'models'), ...more]));

describe('fetch model', () => {
  test('fetches into a folder of its name, once', () =>
    inFolder(async dir => {
      const folder = join(dir, 'models', NAME);
      expect(await fetchModel(dir)).toMatchObject([
        { name: NAME, folder, state: 'fetched', missing: 400_012 },
      ]);
      expect((await readFile(join(folder, 'model.safetensors'))).equals(weights)).toBe(true);
      const asked = hub.asked.length;
      expect(await fetchModel(dir)).toEqual([{ name: NAME, folder, state: 'already here' }]);
      expect(hub.asked).toHaveLength(asked);
      const models = JSON.parse(
        await vlmSpatial('list', 'models', '--models', join(dir, 'models'), '--json'),
      );
      expect(models.find((row: { name: string }) => row.name === NAME)).toMatchObject({
        state: 'fetched',
        bytes: 400_012,
        get: null,
      });
    }));

  test('--dry-run says what would come and from where, and writes nothing', () =>
    inFolder(async dir => {
      const [planned] = await fetchModel(dir, '--dry-run');
      expect(planned).toMatchObject({ state: 'planned', bytes: 400_012, missing: 400_012, needed: 400_012 });
      expect(planned.free).toBeGreaterThan(0);
      expect(
        planned.files.map(({ path, bytes }: { path: string; bytes: number }) => [path, bytes]),
      ).toContainEqual(['model.safetensors', 400_000]);
      expect(await readdir(dir)).toEqual([]);
      for (const [name, value] of Object.entries(environment(dir))) vi.stubEnv(name, value);
      const text = await vlmSpatial('fetch', 'model', NAME, '--models', dir, '--dry-run');
      expect(text).toMatch(/6 files of 400\.0 kB; 400\.0 kB of .* free on the disk\n/);
      expect(text).toMatch(
        /400\.0 kB {2}model\.safetensors {2}from 127\.0\.0\.1:\d+\/llava-hf\/.*@[0-9a-f]{40}/,
      );
    }));

  test('takes the vision tower with the model', () =>
    inFolder(async dir => {
      const args = [
        'fetch',
        'model',
        'llava-1.5-7b-normalize',
        'clip-vit-large-patch14-336',
        '--models',
        dir,
        '--dry-run',
      ];
      await expect(inEnvironment(dir, args)).rejects.toThrow(
        /llava-v1\.5-7b-normWmean is not there, or is private/,
      );
      hub.add('user074/llava-v1.5-7b-normWmean', files);
      hub.add('llava-hf/llava-1.5-7b-hf', files);
      hub.add('openai/clip-vit-large-patch14-336', files);
      await expect(inEnvironment(dir, args)).rejects.toThrow(/llava-1\.5-7b-hf.*its header is too long/);
    }));

  test('offline, names the files to place by hand', () =>
    inFolder(async dir => {
      const args = ['fetch', 'model', NAME, '--models', join(dir, 'models')];
      await expect(inEnvironment(dir, args, { HF_HUB_OFFLINE: '1' })).rejects.toThrow(
        /HF_HUB_OFFLINE is set.*place in .*models\/llava-interleave-qwen-0\.5b: config\.json,.* of https:\/\/huggingface\.co\/llava-hf\/llava-interleave-qwen-0\.5b-hf$/,
      );
      expect(hub.asked).toEqual([]);
    }));

  test.each([
    [['fetch', 'model', 'llava'], {}, /model "llava" is not known; there are: .*llava-1\.5-7b/],
    [['fetch', 'bench', '../gqa'], {}, /bench "\.\.\/gqa" is not known/],
    [
      ['fetch', 'bench', 'gqa'],
      { HF_ENDPOINT: 'huggingface.co' },
      /HF_ENDPOINT is "huggingface\.co", which is no http/,
    ],
  ])('%j is wrong usage', async (args, more, message) =>
    inFolder(async dir => {
      await expect(inEnvironment(dir, args, more)).rejects.toThrow(message);
    }),
  );
});

test('fetch bench takes the files that the reader reads, and no others', () =>
  inFolder(async dir => {
    hub.add('datasets/lmms-lab/POPE', {
      'data/test-00000-of-00003-5b1a.parquet': noise(2000, 1),
      'data/test-00001-of-00003-6c2b.parquet': noise(2000, 2),
      'Full/popular-00000-of-00001.parquet': noise(2000, 3),
      'README.md': 'card',
    });
    await inEnvironment(dir, ['fetch', 'bench', 'pope', '--datasets', dir]);
    expect(await readdir(join(dir, 'pope'))).toEqual(['.vlm-spatial-fetch.json', 'data']);
    expect(await readdir(join(dir, 'pope', 'data'))).toHaveLength(2);
  }));

test('killed in the middle, a fetch leaves no file that could be taken for whole, and goes on from there', () =>
  inFolder(async dir => {
    const folder = join(dir, 'models', NAME);
    const target = join(folder, 'model.safetensors');
    const args = ['fetch', 'model', NAME, '--models', join(dir, 'models')];
    hub.fault = ({ onCdn }) => (onCdn ? { stallAfter: 150_000 } : undefined);
    const child = spawn(process.execPath, [join(packageRoot, 'bin', 'vlm-spatial.js'), ...args], {
      env: { ...process.env, ...environment(dir) },
      stdio: 'ignore',
    });
    const ended = new Promise(resolve => child.on('exit', (_, signal) => resolve(signal)));
    while (!existsSync(`${target}.partial`) || statSync(`${target}.partial`).size < 150_000) await sleep(20);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    expect(existsSync(target)).toBe(false);
    const models = JSON.parse(await vlmSpatial('list', 'models', '--models', join(dir, 'models'), '--json'));
    const row = models.find(({ name }: { name: string }) => name === NAME);
    expect(row).toMatchObject({
      state: 'incomplete',
      get: expect.stringMatching(/^vlm-spatial fetch model/),
    });

    hub.fault = () => undefined;
    const { code, stdout, stderr } = await runCli(args, environment(dir));
    expect([code, stdout]).toEqual([0, `${NAME} is in ${folder}\n`]);
    expect(stderr).toMatch(/license: .*\n/);
    const last = hub.asked.filter(({ onCdn }) => onCdn).at(-1)!;
    expect(last.headers.range).toBe('bytes=150000-');
    expect((await readFile(target)).equals(weights)).toBe(true);
    expect((await readdir(folder)).filter(name => /partial|lock|tmp/.test(name))).toEqual([]);
  }));

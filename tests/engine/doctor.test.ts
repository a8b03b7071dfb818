import { afterEach, describe, expect, test, vi } from 'vitest';
import { doctorCommand } from '../../src/cli/commands/doctor.js';
import { nativeCommand } from '../../src/cli/commands/native.js';
import type { BackendName } from '../../src/engine/backend.js';
import { type Diagnosis, diagnose, type Probe, probeHere } from '../../src/engine/doctor.js';
import { UsageError, UserError } from '../../src/errors.js';

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const works = (name: BackendName, memoryLimit: number | null = null): Probe => ({
  name,
  works: true,
  detail: `${name} it is`,
  version: '1.2.3',
  memoryLimit,
});
const fails = (name: BackendName, detail: string): Probe => ({
  name,
  works: false,
  detail,
  version: null,
  memoryLimit: null,
});

/** What a command prints on standard output. */
async function printed(run: () => Promise<unknown>): Promise<string> {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await run();
  return write.mock.calls.map(([text]) => text).join('');
}

describe('diagnose', () => {
  test('tries what auto tries, in its order, and chooses the first that works', async () => {
    vi.stubEnv('CUDA_VISIBLE_DEVICES', '');
    const tried: string[] = [];
    const diagnosis = await diagnose(async name => {
      tried.push(name);
      return name === 'native' ? fails(name, 'ended with SIGILL') : works(name);
    });
    expect(tried).toEqual(['native', 'gpu', 'wasm']);
    expect(diagnosis.chosen).toBe('gpu');
    expect(diagnosis.gpus).toEqual([]);
    expect(diagnosis.memory).toBeGreaterThan(2 ** 28);
    expect((await diagnose(async name => fails(name, 'no'))).chosen).toBeNull();
  });

  test('a probe is the bare reason, or what was started', async () => {
    vi.stubEnv('VLM_SPATIAL_NATIVE', '/nowhere/at/all');
    expect(await probeHere('native')).toEqual(
      fails('native', 'no native engine in /nowhere/at/all; vlm-spatial native builds one'),
    );
    expect(await probeHere('wasm', { threads: 1 })).toMatchObject({
      works: true,
      memoryLimit: 3.5 * 2 ** 30,
    });
  });
});

describe('doctor', () => {
  const diagnosis: Diagnosis = {
    node: 'v24.0.0',
    platform: 'linux x64',
    processors: 6,
    memory: 16 * 2 ** 30,
    gpus: ['NVIDIA H100'],
    native: { folder: '/cache/native', manifest: null },
    backends: [fails('gpu', 'not installed'), fails('native', 'none built'), works('wasm', 3.5 * 2 ** 30)],
    chosen: 'wasm',
  };
  const command = (probe: Probe = works('wasm')) =>
    doctorCommand({ diagnose: async () => diagnosis, probe: async () => probe });

  test('tells what is there, what is chosen, why not the others, and how much each can hold', async () => {
    const text = await printed(() => command().parseAsync([], { from: 'user' }));
    expect(text).toMatch(/processors +6\nmemory +16\.0 GiB\nGPU +NVIDIA H100\n/);
    expect(text).toMatch(/native engine +none in \/cache\/native; vlm-spatial native builds one/);
    expect(text).toMatch(/chosen \(auto\) +wasm/);
    expect(text).toMatch(/gpu +does not work: not installed/);
    expect(text).toMatch(/wasm +works: wasm it is; tensors up to 3\.5 GiB/);
  });

  test('--json prints the same as one object', async () => {
    const text = await printed(() => command().parseAsync(['--json'], { from: 'user' }));
    expect(JSON.parse(text)).toEqual(diagnosis);
  });

  test('--backend tries one; in words a failure is an error', async () => {
    const failing = command(fails('gpu', 'not installed'));
    await expect(failing.parseAsync(['--backend', 'gpu'], { from: 'user' })).rejects.toThrow(UserError);
    const text = await printed(() =>
      command(fails('gpu', 'not installed')).parseAsync(['--backend', 'gpu', '--json'], { from: 'user' }),
    );
    expect(JSON.parse(text)).toMatchObject({ name: 'gpu', works: false });
  });
});

describe('native', () => {
  const manifest = {
    format: 1 as const,
    addon: 'a',
    tensorflow: { version: '2.21.0', cuda: true, source: 'the wheel t.whl' },
    node: 'v24.0.0',
    platform: 'linux',
    arch: 'x64',
    built: '2026-01-01T00:00:00.000Z',
  };

  test('hands its flags on and says what was built and where', async () => {
    let seen: unknown;
    const command = nativeCommand(async choice => {
      seen = choice;
      return { folder: '/cache/native', manifest };
    });
    const text = await printed(() => command.parseAsync(['--cuda', '--wheel', 't.whl'], { from: 'user' }));
    expect(seen).toEqual({ cuda: true, wheel: 't.whl', tensorflow: undefined });
    expect(text).toMatch(/TensorFlow 2\.21\.0 from the wheel t\.whl\nbuilt in \/cache\/native/);
  });

  test('one TensorFlow at a time', async () => {
    const command = nativeCommand(async () => ({ folder: '', manifest }));
    const both = command.parseAsync(['--wheel', 'a', '--tensorflow', 'b'], { from: 'user' });
    await expect(both).rejects.toThrow(UsageError);
  });
});

import { describe, expect, test } from 'vitest';
import { autoOrder, type BackendName, type EngineParts, startEngine } from '../../src/engine/backend.js';
import type { BackendLoader } from '../../src/engine/backends/types.js';
import { UserError } from '../../src/errors.js';

/** Loaders that only write down what happens; those in `failing` throw the reason given. */
function fakeParts(failing: Partial<Record<BackendName, string>>, wrong: readonly BackendName[] = []) {
  const events: string[] = [];
  let current: BackendName | null = null;
  const loader =
    (name: BackendName): BackendLoader =>
    async () => {
      events.push(`load ${name}`);
      if (failing[name]) throw new Error(failing[name]);
      current = name;
      const stop = async () => {
        events.push(`stop ${name}`);
      };
      const memory = { bytes: () => 0, limit: null };
      return { description: `fake ${name}`, version: '0', device: 'CPU', threads: 1, memory, stop };
    };
  const parts: EngineParts = {
    loaders: { gpu: loader('gpu'), native: loader('native'), wasm: loader('wasm'), cpu: loader('cpu') },
    selfTest: async () => {
      if (current && wrong.includes(current)) throw new Error('softmax differs');
    },
    order: async () => ['native', 'gpu', 'wasm'],
  };
  return { parts, events };
}

describe('startEngine', () => {
  test('auto tries first what is fastest for the models at hand, then the others', async () => {
    const { parts, events } = fakeParts({ wasm: 'no SIMD' });
    const engine = await startEngine({ backend: 'auto', first: 'wasm' }, parts);
    expect([engine.name, engine.rejected]).toEqual(['native', [{ name: 'wasm', reason: 'no SIMD' }]]);
    expect(events).toEqual(['load wasm', 'load native']);
    await engine.stop();
  });

  test('auto takes the first that loads, and keeps why the ones before it were not', async () => {
    const { parts, events } = fakeParts({ native: 'none built', gpu: 'not installed' });
    const engine = await startEngine({ backend: 'auto' }, parts);
    expect(engine.name).toBe('wasm');
    expect(engine.rejected).toEqual([
      { name: 'native', reason: 'none built' },
      { name: 'gpu', reason: 'not installed' },
    ]);
    await engine.stop();
    expect(events).toEqual(['load native', 'load gpu', 'load wasm', 'stop wasm']);
  });

  test('a backend that computes wrong numbers is stopped and passed over', async () => {
    const { parts, events } = fakeParts({}, ['native']);
    const engine = await startEngine({ backend: 'auto' }, parts);
    expect(engine.name).toBe('gpu');
    expect(engine.rejected).toEqual([{ name: 'native', reason: 'softmax differs' }]);
    expect(events).toEqual(['load native', 'stop native', 'load gpu']);
    await engine.stop();
  });

  test('a named backend is not replaced by another', async () => {
    const { parts, events } = fakeParts({ gpu: 'not installed' });
    const started = startEngine({ backend: 'gpu' }, parts);
    await expect(started).rejects.toThrow(UserError);
    await expect(started).rejects.toThrow(/gpu: not installed.*doctor/);
    expect(events).toEqual(['load gpu']);
  });

  test('auto names every reason when nothing works', async () => {
    const { parts } = fakeParts({ native: 'a', gpu: 'b', wasm: 'c' });
    await expect(startEngine({ backend: 'auto' }, parts)).rejects.toThrow(/native: a; gpu: b; wasm: c/);
  });

  test('one engine at a time; another after it was stopped', async () => {
    const { parts } = fakeParts({});
    const first = await startEngine({ backend: 'wasm' }, parts);
    await expect(startEngine({ backend: 'cpu' }, parts)).rejects.toThrow(/already running/);
    await first.stop();
    const second = await startEngine({ backend: 'cpu' }, parts);
    expect(second.name).toBe('cpu');
    await second.stop();
  });
});

describe('autoOrder', () => {
  test('a GPU comes before any CPU, and wasm last', () => {
    expect(autoOrder({ gpu: true, nativeCuda: false })).toEqual(['gpu', 'native', 'wasm']);
    expect(autoOrder({ gpu: true, nativeCuda: true })).toEqual(['native', 'gpu', 'wasm']);
    expect(autoOrder({ gpu: false, nativeCuda: true })).toEqual(['native', 'gpu', 'wasm']);
    expect(autoOrder({ gpu: false, nativeCuda: false })).toEqual(['native', 'gpu', 'wasm']);
  });
});

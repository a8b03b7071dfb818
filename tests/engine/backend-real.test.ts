import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BackendName, type Engine, type EngineOptions, startEngine } from '../../src/engine/backend.js';
import { addonFolder, nativeFolder, readManifest } from '../../src/engine/native/folder.js';
import { UserError } from '../../src/errors.js';

const require = createRequire(import.meta.url);
const hasNative = readManifest(nativeFolder()) !== null || process.env.VLM_SPATIAL_REQUIRE_NATIVE === '1';

async function withEngine(options: EngineOptions, work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await startEngine(options);
  try {
    await work(engine);
  } finally {
    await engine.stop();
  }
}

/** a · b in float64. */
const times = (a: number[][], b: number[][]): number[] =>
  a.flatMap(row => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));

/** What holds of every backend. */
function laws(backend: BackendName, tfName: string, threads?: number): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await startEngine({ backend, threads });
  });
  afterAll(() => engine?.stop());

  test('is the current backend of the one tfjs-core, having passed its self-test', () => {
    expect(engine.name).toBe(backend);
    expect(tf.getBackend()).toBe(tfName);
    const copies = Object.keys(require.cache).filter(file => file.endsWith('tf-core.node.js'));
    expect(copies).toEqual([require.resolve('@tensorflow/tfjs-core')]);
  });

  test('says its version, device and threads', () => {
    expect(engine.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(engine.description).toContain(engine.version);
    expect(engine.description).toContain(`${engine.threads} thread`);
    if (threads) expect(engine.threads).toBe(threads);
  });

  test('multiplies like float64 arithmetic', async () => {
    const a = Array.from({ length: 70 }, (_, i) =>
      Array.from({ length: 50 }, (_, k) => Math.sin(i * 50 + k)),
    );
    const b = Array.from({ length: 50 }, (_, k) =>
      Array.from({ length: 30 }, (_, j) => Math.cos(k * 30 + j)),
    );
    const product = tf.tidy(() => tf.matMul(tf.tensor2d(a), tf.tensor2d(b)));
    const values = await product.data();
    product.dispose();
    const want = times(a, b);
    expect(Math.max(...want.map((x, i) => Math.abs(x - values[i]!)))).toBeLessThan(2e-5);
  });

  test('its account follows the tensors', () => {
    const before = engine.memory.bytes();
    const tensor = tf.zeros([256, 1024]);
    expect(engine.memory.bytes() - before).toBe(4 * 256 * 1024);
    tensor.dispose();
    expect(engine.memory.bytes()).toBe(before);
  });
}

describe('cpu', () => laws('cpu', 'cpu', 1));
describe('wasm, one thread', () => laws('wasm', 'wasm', 1));
describe('wasm, two threads', () => laws('wasm', 'wasm', 2));

describe('wasm', () => {
  test('has one thread, whatever the number asked for, where worker threads are switched off', () =>
    withEngine({ backend: 'wasm', threads: 4, wasmThreads: false }, async engine => {
      expect(engine.threads).toBe(1);
    }));

  test('leaves the process its own handlers of errors, its processors and its Worker', () => {
    const facts = () => [
      process.listeners('uncaughtException'),
      process.listeners('unhandledRejection'),
      (require('node:os') as typeof import('node:os')).cpus().length,
      Object.getOwnPropertyDescriptor(globalThis, 'Worker')?.get,
    ];
    const before = facts();
    return withEngine({ backend: 'wasm', threads: 2 }, async () => {
      expect(facts()).toEqual(before);
    });
  });

  test('an output that does not fit is an error inside the operation, and all else stays as it was', () =>
    withEngine({ backend: 'wasm', threads: 1 }, async engine => {
      // [31000, 31000] takes 3.58 GiB: wasm could address it, but not safely hold it.
      const column = tf.tensor2d([...Array(31_000).keys()], [31_000, 1]);
      const held = engine.memory.bytes();
      const filled = () => tf.fill([31_000, 31_000], 1);
      expect(filled).toThrow(UserError);
      expect(filled).toThrow(/3\.50 GiB of tensors: .* and 3\.58 GiB more/);
      expect(engine.memory.bytes()).toBe(held);
      expect(() => tf.matMul(column, tf.reshape(column, [1, 31_000]))).toThrow(UserError);
      const sum = tf.tidy(() => tf.add(column, 1));
      expect((await sum.data()).at(-1)).toBe(31_000);
    }));
});

describe.runIf(hasNative)('native (skipped unless vlm-spatial native has built it)', () => {
  laws('native', 'tensorflow');

  test("tfjs-node's kernels see this program's tfjs-core under every name they ask for", () => {
    const addon = createRequire(join(addonFolder(nativeFolder()), 'package.json'));
    for (const request of ['@tensorflow/tfjs', '@tensorflow/tfjs-core']) {
      expect(addon(request)).toBe(require('@tensorflow/tfjs-core'));
    }
  });
});

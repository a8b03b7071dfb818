import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { firstBackendFor, threadsFor } from '../../src/harness/threads.js';
import { inFolder } from '../cli/stored-runs.js';

/** A folder with weights of so many bytes (a file with a hole: nothing is written). */
function weights(root: string, name: string, bytes: number): string {
  const folder = join(root, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.safetensors'), '');
  truncateSync(join(folder, 'model.safetensors'), bytes);
  return folder;
}

it('small models run on one thread, one large one among them leaves it to the engine', () =>
  inFolder(async root => {
    const small = weights(root, 'small', 10 * 2 ** 20);
    const large = weights(root, 'large', 100 * 2 ** 20);
    expect(threadsFor(undefined, [small])).toBe(1);
    expect(threadsFor(undefined, [small, large])).toBeUndefined();
    expect(threadsFor(3, [small])).toBe(3);
  }));

it('the shipped family is small', () => {
  expect(threadsFor(undefined, ['weights/mini/base', 'weights/mini/normalize'])).toBe(1);
});

it('auto tries wasm first for models of a few megabytes alone', () =>
  inFolder(async root => {
    const tiny = weights(root, 'tiny', 2 * 2 ** 20);
    const larger = weights(root, 'larger', 10 * 2 ** 20);
    expect(firstBackendFor([tiny, 'weights/mini/base'])).toBe('wasm');
    expect(firstBackendFor([tiny, larger])).toBeUndefined();
    expect(firstBackendFor([])).toBeUndefined();
  }));

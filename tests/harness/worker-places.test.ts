import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.js';
import { type Machine, workerPlaces } from '../../src/harness/worker-places.js';

const GIB = 2 ** 30;
const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-places-'));
afterAll(() => rmSync(folder, { recursive: true }));
const weights = join(folder, 'model.safetensors');
writeFileSync(weights, '');

/** The places for a model of so many bytes. */
function places(bytes: number, workers: string, machine: Partial<Machine> = {}, threads?: number) {
  truncateSync(weights, bytes);
  const here = { processors: 8, memory: 64 * GIB, gpus: [], ...machine };
  return workerPlaces({ workers, threads }, [folder], false, here);
}

describe('workerPlaces', () => {
  it('takes a worker a processor for small models, each on one thread', () => {
    expect(places(1000, 'auto')).toEqual(Array(8).fill({ threads: 1 }));
  });

  it('takes no more workers than memory holds, and one at least', () => {
    expect(places(1000, 'auto', { memory: 4 * GIB })).toHaveLength(3);
    expect(places(1000, 'auto', { memory: GIB / 2 })).toHaveLength(1);
  });

  it('leaves a large model to one worker with the threads of all', () => {
    expect(places(GIB, 'auto')).toEqual([{ threads: undefined }]);
  });

  it('takes a worker a GPU, each seeing its own', () => {
    const gpus = ['2', 'GPU-5ebe'];
    expect(places(GIB, 'auto', { gpus })).toEqual(gpus.map(gpu => ({ threads: undefined, gpu })));
    expect(places(GIB, '3', { gpus }).map(({ gpu }) => gpu)).toEqual(['2', 'GPU-5ebe', '2']);
  });

  it('divides processors among the workers that are asked for', () => {
    expect(places(GIB, '3')).toEqual(Array(3).fill({ threads: 2 }));
    expect(places(GIB, '3', {}, 5)).toEqual(Array(3).fill({ threads: 5 }));
  });

  it('refuses to share out a shard', () => {
    const machine = { processors: 8, memory: 64 * GIB, gpus: [] };
    expect(() => workerPlaces({ workers: '2', threads: 1 }, [folder], true, machine)).toThrow(UsageError);
    expect(workerPlaces({ workers: 'auto', threads: 1 }, [folder], true, machine)).toHaveLength(1);
  });
});

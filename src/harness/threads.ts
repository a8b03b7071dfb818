import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of weights below which one thread is faster than several, on every engine (`npm run bench`). */
const SMALL = 64 * 2 ** 20;

/** Threads for the models in these folders: as asked for, one if all are small, else the engine's own default. */
export const threadsFor = (asked: number | undefined, folders: readonly string[]): number | undefined =>
  asked ?? (folders.every(isSmall) ? 1 : undefined);

/** Bytes of weights below which calls into TensorFlow take longer than what they compute (docs/benchmarks.md: a third of the time on wasm). */
const TINY = 8 * 2 ** 20;

/** The backend that `auto` tries first for the models in these folders; undefined leaves it to the engine. */
export const firstBackendFor = (folders: readonly string[]): 'wasm' | undefined =>
  folders.length > 0 && folders.every(folder => weightsIn(folder) < TINY) ? 'wasm' : undefined;

/** Whether the weights in a folder are so few that several threads do not help. */
export const isSmall = (folder: string): boolean => weightsIn(folder) < SMALL;

/** Bytes of the safetensors files in a folder; a folder that is not there is refused when its model is opened. */
export function weightsIn(folder: string): number {
  try {
    const files = readdirSync(folder).filter(name => name.endsWith('.safetensors'));
    return files.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  } catch {
    return 0;
  }
}

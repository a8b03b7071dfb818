import { readdirSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { EngineOptions } from '../engine/backend.js';
import { UsageError } from '../errors.js';
import type { CommonOptions } from './options.js';
import { isSmall, threadsFor, weightsIn } from './threads.js';

/** Where a worker computes. */
export interface WorkerPlace {
  /** Threads of its engine; undefined leaves them to the engine. */
  readonly threads: number | undefined;
  /** The GPU it sees, as CUDA_VISIBLE_DEVICES names it. */
  readonly gpu?: string;
}

/** What there is to share out. */
export interface Machine {
  readonly processors: number;
  /** Bytes, or what a container may use. */
  readonly memory: number;
  /** GPUs that the engine would use, as CUDA_VISIBLE_DEVICES names them. */
  readonly gpus: readonly string[];
}

/**
 * A process's own share of memory beside its weights, and how often it holds those: in 16 bits on the disk, in 32 in the engine,
 * and a copy while they are read. Both are above what was seen.
 */
const PROCESS_BYTES = 2 ** 30;
const WEIGHTS_HELD = 4;

/**
 * The places of the workers that a call asks for. `auto` takes a worker a GPU. Without one it takes a worker a processor where all
 * models are small, since several threads do not help those, and one where not: its threads use all processors. It never
 * takes more than memory holds. UsageError together with a shard, which is one worker's already.
 *
 * @param folders of the models
 * @param sharded whether the call is one shard of several
 */
export function workerPlaces(
  { workers, threads }: Pick<CommonOptions, 'workers' | 'threads'>,
  folders: readonly string[],
  sharded: boolean,
  machine: Machine,
): WorkerPlace[] {
  const { processors, memory, gpus } = machine;
  const asked = workers === 'auto' ? (sharded ? 1 : automatic()) : Number(workers);
  if (sharded && asked > 1) {
    throw new UsageError(`--workers ${workers} makes shards of its own; leave out --workers or the shard`);
  }
  function automatic(): number {
    if (gpus.length > 0) return gpus.length;
    if (!folders.every(isSmall)) return 1;
    const each = PROCESS_BYTES + WEIGHTS_HELD * Math.max(0, ...folders.map(weightsIn));
    return Math.max(1, Math.min(processors, Math.floor((0.8 * memory) / each)));
  }
  const shared = Math.max(1, Math.floor(processors / asked));
  return Array.from({ length: asked }, (_, i) => ({
    threads: threadsFor(threads, folders) ?? (asked === 1 || gpus.length > 0 ? undefined : shared),
    ...(gpus.length > 0 && { gpu: gpus[i % gpus.length]! }),
  }));
}

/** This machine, for an engine. */
export async function thisMachine(backend: EngineOptions['backend']): Promise<Machine> {
  return {
    processors: availableParallelism(),
    memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    gpus: await gpusFor(backend),
  };
}

async function gpusFor(backend: EngineOptions['backend']): Promise<string[]> {
  const { hasCudaGpu } = await import('../engine/environment.js');
  if (backend === 'wasm' || !hasCudaGpu()) return [];
  if (backend === 'native') {
    const { nativeFolder, readManifest } = await import('../engine/native/folder.js');
    if (!readManifest(nativeFolder())?.tensorflow.cuda) return [];
  }
  const visible = process.env.CUDA_VISIBLE_DEVICES;
  if (visible !== undefined) return visible.split(',').map(name => name.trim());
  try {
    return readdirSync('/proc/driver/nvidia/gpus').map((_, i) => String(i));
  } catch {
    return ['0'];
  }
}

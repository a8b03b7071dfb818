import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { messageOf } from '../errors.js';
import { autoOrder, type BackendName, tryBackend } from './backend.js';
import type { LoadOptions } from './backends/types.js';
import { hasCudaGpu } from './environment.js';
import { type Manifest, nativeFolder, readManifest } from './native/folder.js';

/** What came of starting one backend. */
export interface Probe {
  readonly name: BackendName;
  readonly works: boolean;
  /** What was started, in words, or the reason why it was not. */
  readonly detail: string;
  /** Version of the library behind it; null where it does not work. */
  readonly version: string | null;
  /** Bytes of tensors it can hold; null where the machine's memory is the limit, or where it does not work. */
  readonly memoryLimit: number | null;
}

/** What there is to run models on. */
export interface Diagnosis {
  readonly node: string;
  readonly platform: string;
  readonly processors: number;
  /** Bytes of memory, or what the system (a container) allows this process, if less. */
  readonly memory: number;
  /** Names of the NVIDIA GPUs; empty without a driver or where CUDA_VISIBLE_DEVICES hides them. */
  readonly gpus: readonly string[];
  readonly native: { readonly folder: string; readonly manifest: Manifest | null };
  /** In the order in which `auto` tries them. */
  readonly backends: readonly Probe[];
  /** What `auto` chooses. */
  readonly chosen: BackendName | null;
}

/**
 * Finds out what there is, trying every backend that `auto` tries.
 *
 * @param probe starts a backend in a process of its own, since a process can hold but one libtensorflow, and a library that
 *   does not suit the processor takes its process down
 */
export async function diagnose(probe: (name: BackendName) => Promise<Probe>): Promise<Diagnosis> {
  const folder = nativeFolder();
  const manifest = readManifest(folder);
  const gpu = hasCudaGpu();
  const backends: Probe[] = [];
  for (const name of autoOrder({ gpu, nativeCuda: manifest?.tensorflow.cuda ?? false })) {
    backends.push(await probe(name));
  }
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: availableParallelism(),
    memory: Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY),
    gpus: gpu ? await gpuNames() : [],
    native: { folder, manifest },
    backends,
    chosen: backends.find(({ works }) => works)?.name ?? null,
  };
}

/** Starts one backend in this process, and stops it. */
export async function probeHere(name: BackendName, options: LoadOptions = {}): Promise<Probe> {
  const tried = await tryBackend(name, options);
  if ('reason' in tried) {
    return { name, works: false, detail: tried.reason, version: null, memoryLimit: null };
  }
  await tried.stop();
  const { description, version, memory } = tried;
  return { name, works: true, detail: description, version, memoryLimit: memory.limit };
}

async function gpuNames(): Promise<string[]> {
  try {
    const query = ['--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'];
    const { stdout } = await promisify(execFile)('nvidia-smi', query, { timeout: 20_000 });
    return stdout.trim().split('\n');
  } catch (error) {
    return [`an NVIDIA driver, but nvidia-smi fails (${messageOf(error).split('\n')[0]})`];
  }
}

import { messageOf, UserError } from '../errors.js';
import type { BackendLoader, LoadedBackend, LoadOptions } from './backends/types.js';

/**
 * The engines a model can run on: `gpu` is the npm package tfjs-node-gpu, `native` what `vlm-spatial native` built,
 * `wasm` always works, `cpu` (plain JavaScript) is the tests' reference.
 */
export const backendNames = ['gpu', 'native', 'wasm', 'cpu'] as const;
export type BackendName = (typeof backendNames)[number];

export interface EngineOptions extends LoadOptions {
  readonly backend: BackendName | 'auto';
  /** What `auto` tries before the others; left out, the fastest for models of published sizes. */
  readonly first?: BackendName | undefined;
}

export interface Rejection {
  readonly name: BackendName;
  readonly reason: string;
}

/** The engine of this process. */
export interface Engine extends LoadedBackend {
  readonly name: BackendName;
  /** Backends that were tried first, or passed over, and why. */
  readonly rejected: readonly Rejection[];
}

/** What `startEngine` needs of the world; tests give their own. */
export interface EngineParts {
  readonly loaders: Readonly<Record<BackendName, BackendLoader>>;
  /** Throws where the current backend computes wrong numbers. */
  readonly selfTest: () => Promise<void>;
  /** In what order `auto` tries backends. */
  readonly order: () => Promise<readonly BackendName[]>;
}

let starting = false;
let running: Engine | null = null;

/** The engine that runs in this process; null where none does. */
export const runningEngine = (): Engine | null => running;

/**
 * Starts the process's engine: loads a backend, makes it TensorFlow.js's current one and tests it. With `auto`, the
 * first of the fastest-first order that loads and passes. TensorFlow.js itself is imported here and not before.
 *
 * @throws UserError if no backend that was asked for works, with the reason of each, or if an engine runs already
 */
export async function startEngine(options: EngineOptions, parts: EngineParts = installed): Promise<Engine> {
  const { backend, first } = options;
  const names = backend === 'auto' ? inTurn(await parts.order(), first) : [backend];
  const rejected: Rejection[] = [];
  for (const name of names) {
    const tried = await tryBackend(name, options, parts);
    if (!('reason' in tried)) {
      running = { ...tried, rejected };
      return running;
    }
    rejected.push(tried);
  }
  throw new UserError(nothingWorks(options.backend, rejected));
}

const inTurn = (order: readonly BackendName[], first: BackendName | undefined): readonly BackendName[] =>
  first === undefined ? order : [first, ...order.filter(name => name !== first)];

/** Starts one backend as the process's engine, or says why it cannot be. */
export async function tryBackend(
  name: BackendName,
  options: LoadOptions,
  parts: EngineParts = installed,
): Promise<Engine | Rejection> {
  if (running || starting) {
    throw new UserError('an engine is already running in this process; stop it before starting another');
  }
  starting = true;
  try {
    const loaded = await loadAndTest(parts.loaders[name], parts.selfTest, options);
    const stop = async () => {
      running = null;
      await loaded.stop();
    };
    running = { ...loaded, name, rejected: [], stop };
    return running;
  } catch (error) {
    return { name, reason: messageOf(error) };
  } finally {
    starting = false;
  }
}

async function loadAndTest(
  load: BackendLoader,
  selfTest: () => Promise<void>,
  options: LoadOptions,
): Promise<LoadedBackend> {
  const loaded = await load(options);
  try {
    await selfTest();
  } catch (error) {
    await loaded.stop();
    throw error;
  }
  return loaded;
}

function nothingWorks(asked: EngineOptions['backend'], rejected: readonly Rejection[]): string {
  const reasons = rejected.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return asked === 'auto'
    ? `no backend works here (${reasons})`
    : `backend ${reasons}. Without --backend the fastest that works is chosen; vlm-spatial doctor lists them`;
}

/**
 * Fastest first. A GPU comes before any CPU, and the newer libtensorflow of a native CUDA build before the 2.9.1 of the
 * npm package, on the GPU as on the CPU. `cpu` is never chosen by itself.
 */
export function autoOrder(machine: { readonly gpu: boolean; readonly nativeCuda: boolean }): BackendName[] {
  return machine.gpu && !machine.nativeCuda ? ['gpu', 'native', 'wasm'] : ['native', 'gpu', 'wasm'];
}

const installed: EngineParts = {
  loaders: {
    gpu: async options => (await import('./backends/gpu.js')).loadGpu(options),
    native: async options => (await import('./backends/native.js')).loadNative(options),
    wasm: async options => (await import('./backends/wasm.js')).loadWasm(options),
    cpu: async () => (await import('./backends/cpu.js')).loadCpu(),
  },
  selfTest: async () => (await import('./self-test.js')).selfTest(),
  order: async () => {
    const { hasCudaGpu } = await import('./environment.js');
    const { nativeFolder, readManifest } = await import('./native/folder.js');
    return autoOrder({
      gpu: hasCudaGpu(),
      nativeCuda: readManifest(nativeFolder())?.tensorflow.cuda ?? false,
    });
  },
};

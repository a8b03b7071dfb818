import type { MemoryAccount } from '../memory.js';

export interface LoadOptions {
  /** Threads of one operation; default: every processor (wasm: at most 8). */
  readonly threads?: number | undefined;
  /** False keeps wasm on one thread, without worker threads. */
  readonly wasmThreads?: boolean | undefined;
}

/** A backend that has been loaded and is TensorFlow.js's current one. */
export interface LoadedBackend {
  /** In words: library and version, device, threads. */
  readonly description: string;
  /** Version of libtensorflow or of the TensorFlow.js backend. */
  readonly version: string;
  readonly device: 'CPU' | 'GPU';
  readonly threads: number;
  readonly memory: MemoryAccount;
  /** Frees the backend and its threads. Tensors that are left cannot be used any more. */
  stop(): Promise<void>;
}

/** Loads one backend. Throws an error whose message is the reason why it cannot be used here. */
export type BackendLoader = (options: LoadOptions) => Promise<LoadedBackend>;

import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, sep } from 'node:path';
import {
  type BackendWasm,
  getThreadsCount,
  setThreadsCount,
  setWasmPaths,
  version_wasm,
} from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { guardHeap, type WasmHeap } from '../memory.js';
import { registerKernels } from '../wasm/kernels.js';
import type { LoadedBackend, LoadOptions } from './types.js';
import { withNodeWorkers } from './wasm-threads.js';

/** The threaded build starts this many workers; a further one would never get to run. */
const MOST_THREADS = 8;

const factory = tf.findBackendFactory('wasm');

/**
 * TensorFlow.js's WebAssembly backend, whose files lie in its npm package. Its traps, which the engine's operations avoid:
 * products of batches or of transposed operands run on a slow scalar path, where `tf.fused.matMul` is also wrong; `slice`
 * copies its whole source to JavaScript.
 */
export async function loadWasm(options: LoadOptions): Promise<LoadedBackend> {
  const wanted = options.wasmThreads === false ? 1 : (options.threads ?? availableParallelism());
  const threads = Math.min(wanted, MOST_THREADS);
  setWasmPaths(join(dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm')), sep));
  setThreadsCount(threads);
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', threads > 1);
  if (!tf.findBackendFactory('wasm')) tf.registerBackend('wasm', factory);
  registerKernels();

  const start = () => withoutListeners(() => tf.setBackend('wasm'));
  const started = await (threads > 1 ? withNodeWorkers(threads, start) : start());
  if (!started) throw new Error('TensorFlow.js could not start its wasm backend');
  const memory = guardHeap((tf.backend() as BackendWasm).wasm as unknown as WasmHeap);

  const simd = (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')) ? ' with SIMD' : '';
  const count = getThreadsCount();
  return {
    description: `TensorFlow.js ${version_wasm} in WebAssembly${simd}, ${count} thread${count === 1 ? '' : 's'}`,
    version: version_wasm,
    device: 'CPU',
    threads: count,
    memory,
    stop: async () => tf.removeBackend('wasm'), // ends its workers, too
  };
}

/** Takes back the handlers of uncaught errors that the wasm module puts on the process when it starts. */
async function withoutListeners<T>(start: () => Promise<T>): Promise<T> {
  const events = ['uncaughtException', 'unhandledRejection'];
  const before = events.map(event => process.rawListeners(event));
  const result = await start();
  for (const [i, event] of events.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (!before[i]?.includes(listener)) process.off(event, listener as () => void);
    }
  }
  return result;
}

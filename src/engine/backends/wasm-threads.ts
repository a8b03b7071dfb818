import { createRequire } from 'node:module';
import os from 'node:os';
import { Worker } from 'node:worker_threads';

const BUILD = '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd';

/**
 * Lets TensorFlow.js's threaded wasm build start its workers in Node while `start` runs, and gives what `start` gives.
 *
 * The package hands its workers' code over as blob URLs, which Node's `Worker` does not take
 * (https://github.com/tensorflow/tfjs/issues/3830). The same code lies in the package as files: the worker's
 * script is evaluated from there, and the message that names the main script names its file. The workers never keep
 * the process alive, so that a program may end without stopping its engine.
 *
 * The build uses at most half of the processors it is told of, as if each were a hyperthread; it is told of twice `threads`.
 */
export async function withNodeWorkers<T>(threads: number, start: () => Promise<T>): Promise<T> {
  const require = createRequire(import.meta.url);
  const { wasmWorkerContents } = require(`${BUILD}.worker.js`) as { wasmWorkerContents: string };
  const mainScript = require.resolve(`${BUILD}.js`);

  class WasmWorker extends Worker {
    constructor() {
      // The script has been through a template literal, which made line breaks of the escapes in its strings.
      super(wasmWorkerContents.replaceAll('\n', '\\n'), { eval: true, execArgv: [] });
    }
    override postMessage(message: { cmd?: string }, transfer?: Parameters<Worker['postMessage']>[1]): void {
      super.postMessage(message.cmd === 'load' ? { ...message, urlOrBlob: mainScript } : message, transfer);
    }
    override ref(): void {
      // Called when a thread starts to work; see above.
    }
  }

  // The module overwrites the global `Worker` with Node's own before it uses it: an accessor shuts that out.
  const worker = Object.getOwnPropertyDescriptor(globalThis, 'Worker');
  const { cpus } = os;
  Object.defineProperty(globalThis, 'Worker', { configurable: true, get: () => WasmWorker, set: () => {} });
  os.cpus = () => Array.from({ length: 2 * threads }, () => ({ ...cpus()[0]! }));
  try {
    return await start();
  } finally {
    os.cpus = cpus;
    if (worker) Object.defineProperty(globalThis, 'Worker', worker);
    else Reflect.deleteProperty(globalThis, 'Worker');
  }
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import util from 'node:util';
import type { KernelBackend } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { freeGpuMemory, lacksAvx, tensorFlowEnvironment } from '../environment.js';
import { tensorAccount } from '../memory.js';
import type { LoadedBackend, LoadOptions } from './types.js';

/** What is used here of tfjs-node's addon. */
interface TensorFlowBinding {
  /** libtensorflow's version. */
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

interface KernelBackendModule {
  readonly NodeJSKernelBackend: new (binding: TensorFlowBinding, packageName: string) => KernelBackend;
}

/** The name that tfjs-node's kernels expect their backend to be registered under. */
const BACKEND = 'tensorflow';

let loadedFolder: string | null = null;

/**
 * Starts the tfjs-node (or tfjs-node-gpu) package in `folder`, which holds a compiled addon.
 *
 * @throws Error where the addon or libtensorflow cannot be loaded
 */
export async function loadTensorFlow(folder: string, options: LoadOptions): Promise<LoadedBackend> {
  if (lacksAvx()) throw new Error('libtensorflow needs a processor with AVX, which this one lacks');
  if (loadedFolder && loadedFolder !== folder) {
    throw new Error(`a process can hold one libtensorflow, and has loaded that of ${loadedFolder}`);
  }
  Object.assign(process.env, tensorFlowEnvironment(process.env, options.threads));
  const binding = registerTensorFlow(folder);
  loadedFolder = folder;
  if (!(await tf.setBackend(BACKEND))) throw new Error('TensorFlow.js could not start its backend');

  const device = binding.isUsingGpuDevice() ? 'GPU' : 'CPU';
  const threads = Number(process.env.TF_NUM_INTRAOP_THREADS ?? availableParallelism());
  return {
    description: `TensorFlow ${binding.TF_Version} on the ${device}, ${threads} thread${threads === 1 ? '' : 's'}`,
    version: binding.TF_Version,
    device,
    threads,
    memory: tensorAccount(device === 'GPU' ? freeGpuMemory() : null),
    stop: async () => tf.removeBackend(BACKEND),
  };
}

/**
 * Registers the package's kernels and backend in *this* program's copy of tfjs-core.
 *
 * The package asks for `@tensorflow/tfjs`, which would bring a second tfjs-core whose registries ours cannot see. So our
 * core is entered into Node's module cache under the file names its requests resolve to (adding entries to `require.cache`
 * is allowed by Node's manual), and only the files that make the backend are loaded, not the package's main file,
 * which wants the whole union package.
 */
function registerTensorFlow(folder: string): TensorFlowBinding {
  restoreRemovedUtil();
  const require = createRequire(join(folder, 'package.json'));
  const core: unknown = createRequire(import.meta.url)('@tensorflow/tfjs-core');
  for (const request of ['@tensorflow/tfjs', '@tensorflow/tfjs-core']) {
    const file = require.resolve(request);
    const entry = { id: file, filename: file, loaded: true, children: [], paths: [], exports: core };
    require.cache[file] ??= entry as unknown as NodeJS.Module;
  }

  const binding = require(addonFile(folder)) as TensorFlowBinding;
  require('./dist/register_all_kernels.js');
  const { NodeJSKernelBackend } = require('./dist/nodejs_kernel_backend.js') as KernelBackendModule;
  const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name: string };
  tf.registerBackend(BACKEND, () => new NodeJSKernelBackend(binding, name));
  return binding;
}

/** The compiled addon of a tfjs-node package, for the newest version of Node-API that this Node knows. */
function addonFile(folder: string): string {
  const lib = join(folder, 'lib');
  const known = Number(process.versions.napi);
  const versions = (existsSync(lib) ? readdirSync(lib) : [])
    .map(name => Number(/^napi-v(\d+)$/.exec(name)?.[1]))
    .filter(version => version <= known && existsSync(join(lib, `napi-v${version}`, 'tfjs_binding.node')))
    .sort((a, b) => b - a);
  if (versions[0] === undefined) throw new Error(`its addon (tfjs_binding.node) is not in ${lib}`);
  return join(lib, `napi-v${versions[0]}`, 'tfjs_binding.node');
}

/** tfjs-node 4.22 calls two functions of `util` that Node 22 warns about and Node 23 took out. */
function restoreRemovedUtil(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}

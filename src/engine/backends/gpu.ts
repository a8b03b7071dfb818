import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { loadTensorFlow } from './tensorflow.js';
import type { BackendLoader } from './types.js';

/** The npm package tfjs-node-gpu: CUDA 11.2, or the CPU where there is no GPU. */
export const loadGpu: BackendLoader = async options => loadTensorFlow(packageFolder(), options);

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-node-gpu/package.json'));
  } catch {
    throw new Error(
      'the optional package @tensorflow/tfjs-node-gpu is not installed (npm drops it when its install script ' +
        'fails); npm install tries again, and vlm-spatial native --cuda builds a newer engine instead',
    );
  }
}

import { version_cpu } from '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { tensorAccount } from '../memory.js';
import type { LoadedBackend } from './types.js';

const factory = tf.findBackendFactory('cpu');

/** TensorFlow.js in plain JavaScript: the tests' reference, far too slow for a study. */
export async function loadCpu(): Promise<LoadedBackend> {
  tf.enableProdMode(); // or it advises, in a banner, to use tfjs-node
  if (!tf.findBackendFactory('cpu')) tf.registerBackend('cpu', factory);
  await tf.setBackend('cpu');
  return {
    description: `TensorFlow.js ${version_cpu} in JavaScript, 1 thread`,
    version: version_cpu,
    device: 'CPU',
    threads: 1,
    memory: tensorAccount(),
    stop: async () => tf.removeBackend('cpu'),
  };
}

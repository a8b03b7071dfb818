/** What a plug-in computes with: TensorFlow.js as the running engine has it, and our operations on it. */
export * as tf from '@tensorflow/tfjs-core';
export * as ops from './ops.js';

/**
 * One prefill of a LLaMA decoder (4 layers, width 1024, 16 heads, MLP 2816) over 760 tokens, and the engine's bare matrix
 * product at the same sizes, in GFLOP/s.
 */
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../dist/engine/backend.js';
import { uploaded } from '../dist/engine/parameters.js';
import { loadDecoder } from '../dist/models/architectures/index.js';
import { prefill } from '../dist/models/decoding/prefill.js';
import { seededRandom } from '../dist/random.js';

const TOKENS = 760;
const text = {
  modelType: 'llama',
  vocabSize: 64,
  hiddenSize: 1024,
  intermediateSize: 2816,
  layers: 4,
  heads: 16,
  kvHeads: 16,
  headDim: 64,
  activation: 'silu',
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  attentionBias: false,
  mlpBias: false,
  tiedHead: true,
};

const random = seededRandom('bench');
const pool = Float32Array.from({ length: 1 << 16 }, () => (random() - 0.5) / 16);
const source = {
  read: async (_, shape) => {
    const values = new Float32Array(shape.reduce((a, b) => a * b));
    for (let i = 0; i < values.length; i += pool.length)
      values.set(pool.subarray(0, Math.min(pool.length, values.length - i)), i);
    return values;
  },
};

/** Seconds of one call: the best of several, after one to warm up. */
async function best(work, times = 4) {
  let seconds = Infinity;
  for (let i = 0; i <= times; i++) {
    const start = performance.now();
    await work();
    if (i > 0) seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return seconds;
}

const engine = await startEngine(JSON.parse(process.argv[2]));
const { hiddenSize: w, intermediateSize: m, layers } = text;
const gemmFlops = 2 * TOKENS * w * m;
const a = tf.randomUniform([TOKENS, w]);
const b = tf.randomUniform([w, m]);
const gemm = await best(() => tf.tidy(() => tf.matMul(a, b).dataSync()[0]), 8);

const decoder = await loadDecoder(uploaded(source), text, 'language_model.');
const model = { config: { text }, decoder };
const ids = Array.from({ length: TOKENS }, (_, i) => i % text.vocabSize);
// Causal attention needs half of all query-key pairs.
const flops = layers * (2 * TOKENS * (4 * w * w + 3 * w * m) + 2 * TOKENS * TOKENS * w);
const seconds = await best(() => {
  const prefix = prefill(model, ids, null);
  prefix.keysValues.at(-1).values.dataSync();
  prefix.dispose();
});
console.log(
  JSON.stringify({
    'GEMM GFLOP/s': Math.round(gemmFlops / gemm / 1e9),
    'prefill GFLOP/s': Math.round(flops / seconds / 1e9),
    'prefill s': Number(seconds.toFixed(2)),
  }),
);
await engine.stop();

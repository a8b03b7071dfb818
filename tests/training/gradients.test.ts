import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { attend } from '../../src/engine/attention.js';
import { MASKED } from '../../src/engine/masked.js';
import { activations, layerNorm, rmsNorm } from '../../src/engine/ops.js';
import { seededRandom } from '../../src/random.js';
import { registerGradients } from '../../src/training/gradients.js';
import { contrastive, crossEntropy } from '../../src/training/losses.js';

beforeAll(async () => {
  registerGradients();
  await tf.setBackend('cpu');
});

/** Numbers in (low, high), from the test's own seed. */
function numbers(shape: number[], seed: number, low = -1, high = 1): tf.Tensor {
  const random = seededRandom('gradients test', seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Array.from({ length: size }, () => low + (high - low) * random()),
    shape,
  );
}

/**
 * Compares the gradient of Σ weights ∘ f(inputs) with central differences, along a random direction of each input: the
 * weights make every output matter differently.
 */
function expectGradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): void {
  const weights = numbers(f(...inputs).shape, 99);
  const loss = (...at: tf.Tensor[]) => tf.sum(tf.mul(f(...at), weights)) as tf.Scalar;
  const gradients = tf.grads(loss)(inputs);
  inputs.forEach((input, i) => {
    const direction = numbers(input.shape, 100 + i);
    const step = 1e-2;
    const moved = (sign: number) =>
      loss(...inputs.map((x, k) => (k === i ? tf.add(x, tf.mul(direction, sign * step)) : x))).dataSync()[0]!;
    const measured = (moved(1) - moved(-1)) / (2 * step);
    const derived = tf.sum(tf.mul(gradients[i]!, direction)).dataSync()[0]!;
    expect(derived).toBeCloseTo(measured, 2);
    expect(gradients[i]!.shape).toEqual(input.shape);
  });
}

const operations: [string, (...inputs: tf.Tensor[]) => tf.Tensor, number[][]][] = [
  ['a sum with a repeated row', (a, b) => tf.add(a!, b!), [[3, 4], [4]]],
  [
    'a difference with a repeated column',
    (a, b) => tf.sub(a!, b!),
    [
      [3, 4],
      [3, 1],
    ],
  ],
  [
    'a product with a repeated row',
    (a, b) => tf.mul(a!, b!),
    [
      [2, 3, 4],
      [1, 4],
    ],
  ],
  [
    'a product of matrices',
    (a, b) => tf.matMul(a!, b!),
    [
      [3, 4],
      [4, 2],
    ],
  ],
  [
    'a product with the second transposed',
    (a, b) => tf.matMul(a!, b!, false, true),
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
  ],
  ['exp', a => tf.exp(a!), [[3, 2]]],
  ['square', a => tf.square(a!), [[3, 2]]],
  ['sigmoid', a => tf.sigmoid(a!), [[3, 2]]],
  ['erf', a => tf.erf(a!), [[3, 2]]],
  ['softmax', a => tf.softmax(a!), [[3, 5]]],
  ['mean over the last axis', a => tf.mean(a!, -1, true), [[3, 5]]],
  ['sum over the first axis', a => tf.sum(a!, 0), [[3, 5]]],
  ['transpose', a => tf.transpose(a!, [2, 0, 1]), [[2, 3, 4]]],
  ['slice', a => tf.slice(a!, [1, 0], [2, 3]), [[4, 5]]],
  ['tile', a => tf.tile(a!, [2, 3]), [[2, 3]]],
  [
    'concat',
    (a, b) => tf.concat([a!, b!], 1),
    [
      [2, 3],
      [2, 4],
    ],
  ],
  ['split', a => tf.mul(...(tf.split(a!, 2, 1) as [tf.Tensor, tf.Tensor])), [[3, 4]]],
  ['gather with a row twice', a => tf.gather(a!, tf.tensor1d([2, 0, 2], 'int32')), [[3, 4]]],
  ['RMSNorm', (x, w) => rmsNorm(x as tf.Tensor2D, w as tf.Tensor1D, 1e-5), [[3, 6], [6]]],
  [
    'layer norm',
    (x, weight, bias) =>
      layerNorm(x as tf.Tensor2D, { weight: weight as tf.Tensor1D, bias: bias as tf.Tensor1D }, 1e-5),
    [[3, 6], [6], [6]],
  ],
  ['GELU', x => activations.gelu(x as tf.Tensor2D), [[3, 4]]],
  ['quick-GELU', x => activations.quick_gelu(x as tf.Tensor2D), [[3, 4]]],
  ['SiLU', x => activations.silu(x as tf.Tensor2D), [[3, 4]]],
  [
    'cross-entropy',
    x => crossEntropy(x as tf.Tensor2D, tf.tensor1d([1, 0, 3], 'int32'), tf.tensor1d([1, 0, 2])),
    [[3, 4]],
  ],
  [
    'the contrastive loss',
    (a, b, c) => contrastive(a as tf.Tensor2D, b as tf.Tensor2D, tf.sum(c!) as tf.Scalar),
    [[4, 3], [4, 3], [1]],
  ],
];

test.each(operations)('the gradient of %s is that of central differences', (_, f, shapes) => {
  expectGradients(
    f,
    shapes.map((shape, i) => numbers(shape, i)),
  );
});

test('division, square root and its inverse, where they are defined', () => {
  expectGradients((a, b) => tf.div(a!, b!), [numbers([3, 4], 0), numbers([3, 1], 1, 0.5, 2)]);
  expectGradients(x => tf.sqrt(x!), [numbers([3, 2], 2, 0.5, 2)]);
  expectGradients(x => tf.rsqrt(x!), [numbers([3, 2], 3, 0.5, 2)]);
});

test('attention over two stretches of keys, masked, in a batch', () => {
  const [batch, heads, queries, past, width] = [2, 2, 3, 4, 5];
  const bias = tf.tensor4d(
    Array.from({ length: batch * queries * (past + queries) }, (_, i) => {
      const [query, key] = [Math.floor(i / (past + queries)) % queries, i % (past + queries)];
      return key - past > query || (key === 1 && i > 20) ? MASKED : 0;
    }),
    [batch, 1, queries, past + queries],
  );
  const [q, k, v] = [queries, queries, queries].map((n, i) => numbers([batch * heads, n, width], i));
  const [pastK, pastV] = [3, 4].map(seed => numbers([batch * heads, past, width], seed));
  expectGradients(
    (...at) => {
      const [q, k, v, pastK, pastV] = at as tf.Tensor3D[];
      const segments = [
        { keys: pastK!, values: pastV! },
        { keys: k!, values: v! },
      ];
      return attend(q!, segments, { kind: 'bias', bias }, batch);
    },
    [q!, k!, v!, pastK!, pastV!],
  );
});

test('attention in a batch is that of its images one by one', () => {
  const [batch, heads, tokens, width] = [3, 2, 4, 5];
  const [q, k, v] = [0, 1, 2].map(seed => numbers([batch * heads, tokens, width], seed) as tf.Tensor3D);
  const together = attend(q!, [{ keys: k!, values: v! }], { kind: 'causal' }, batch);
  const apart = [0, 1, 2].map(image => {
    const of = (x: tf.Tensor3D) => tf.slice(x, [image * heads, 0, 0], [heads, tokens, width]);
    return attend(of(q!), [{ keys: of(k!), values: of(v!) }], { kind: 'causal' });
  });
  const difference = tf.max(tf.abs(tf.sub(together, tf.concat(apart, 0)))).dataSync()[0]!;
  expect(difference).toBeLessThan(1e-6);
});

import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { rotaryAt } from '../../src/engine/attention.js';
import { uploaded } from '../../src/engine/parameters.js';
import { loadLlama } from '../../src/models/architectures/llama.js';
import type { LlavaConfig } from '../../src/models/config/config.js';
import { type Llava, loadLlava } from '../../src/models/llava.js';
import { loadProjector } from '../../src/models/projector.js';
import { registerGradients } from '../../src/training/gradients.js';
import { initialValues } from '../../src/training/initial-values.js';
import { instructionLoss, type LanguageTraining } from '../../src/training/instruction.js';
import { EMBEDDINGS } from '../../src/training/language-stages.js';
import { type Exchange, pack } from '../../src/training/packing.js';
import { trainable } from '../../src/training/variables.js';

const BEFORE = [1, 3];
const EXCHANGES: readonly (readonly Exchange[])[] = [
  [
    { asked: [5, 6, 4], answered: [7, 2] },
    { asked: [8, 4], answered: [9, 10, 2] },
    { asked: [6, 7, 8, 4], answered: [5, 2] },
  ],
  [
    { asked: [9, 4], answered: [6, 2] },
    { asked: [10, 9, 8, 7, 4], answered: [5, 6, 7, 2] },
  ],
];

const config: LlavaConfig = {
  vision: {
    modelType: 'clip_vision_model',
    hiddenSize: 8,
    intermediateSize: 16,
    layers: 2,
    heads: 2,
    imageSize: 8,
    patchSize: 2,
    activation: 'quick_gelu',
    layerNormEps: 1e-5,
  },
  text: {
    modelType: 'llama',
    vocabSize: 11,
    hiddenSize: 12,
    intermediateSize: 20,
    layers: 2,
    heads: 2,
    kvHeads: 2,
    headDim: 6,
    activation: 'silu',
    rmsNormEps: 1e-5,
    ropeTheta: 10000,
    attentionBias: false,
    mlpBias: false,
    tiedHead: false,
    maxPositions: 64,
    bosTokenId: 1,
    eosTokenIds: [2],
  },
  projector: { activation: 'gelu', bias: true, normalize: { eps: 1e-6, max: 0.9, scale: 0.8 }, poolSide: 2 },
  featureLayers: [1, -1],
  featurePostLayerNorm: true,
  featureSelect: 'default',
  imageTokenId: 0,
};

const source = initialValues(3, 2, 0.5);
let training: LanguageTraining;
let trained: ReturnType<typeof trainable>;
let model: Llava;
let features: tf.Tensor2D;

beforeAll(async () => {
  registerGradients();
  await tf.setBackend('cpu');
  trained = trainable(source);
  training = {
    config,
    projector: await loadProjector(trained, config),
    decoder: await loadLlama(trained, config.text, 'language_model.'),
    embeddings: trained.trained.find(t => t.name === EMBEDDINGS)!.variable as unknown as tf.Tensor2D,
  };
  model = await loadLlava(uploaded(source), config);
  const pixels = tf.randomUniform([2, 8, 8, 3], -1, 1, 'float32', 7) as tf.Tensor4D;
  features = model.encode(pixels);
});

/** −log p of each token of one answer, by the plain model: one sequence, nothing shared, nothing packed. */
function answerLosses(image: number, { asked, answered }: Exchange): number[] {
  const patches = features.shape[0] / 2;
  const own = tf.slice(features, [image * patches, 0], [patches, -1]);
  const vision = model.project(own, 1);
  const after = [...asked, ...answered.slice(0, -1)];
  const x = tf.concat([model.decoder.embed(BEFORE), vision, model.decoder.embed(after)], 0);
  const positions = Array.from({ length: x.shape[0] }, (_, i) => i);
  const { hidden } = model.decoder.run({
    x,
    rotary: rotaryAt(positions, config.text.headDim, config.text.ropeTheta),
    mask: () => ({ kind: 'causal' }),
  });
  const log = tf.logSoftmax(model.decoder.logits(hidden)).arraySync() as number[][];
  const first = BEFORE.length + vision.shape[0] + asked.length - 1;
  return answered.map((id, i) => -log[first + i]![id]!);
}

const batch = (alike: 'tokens' | 'answers' = 'tokens') => ({
  alike,
  images: 2,
  rows: 2,
  before: BEFORE,
  features,
  packed: EXCHANGES.map(exchanges => pack(exchanges, 2, 9)),
});

test('the loss of packed exchanges is the mean over the answers of the model that inference runs', () => {
  const expected = EXCHANGES.flatMap((exchanges, image) => exchanges.flatMap(e => answerLosses(image, e)));
  const mean = expected.reduce((a, b) => a + b) / expected.length;
  expect(instructionLoss(training, batch()).dataSync()[0]).toBeCloseTo(mean, 5);
});

test('answers can count alike: the mean of the means over their tokens', () => {
  const means = EXCHANGES.flatMap((exchanges, image) =>
    exchanges.map(exchange => {
      const losses = answerLosses(image, exchange);
      return losses.reduce((a, b) => a + b) / losses.length;
    }),
  );
  const expected = means.reduce((a, b) => a + b) / means.length;
  expect(instructionLoss(training, batch('answers')).dataSync()[0]).toBeCloseTo(expected, 5);
});

test('its gradient is that of central differences, for every parameter', () => {
  const variables = trained.trained.map(t => t.variable);
  const loss = () => instructionLoss(training, batch());
  const { grads } = tf.variableGrads(loss, variables);
  for (const { name, variable } of trained.trained) {
    const gradient = grads[variable.name]!;
    const size = Math.sqrt(tf.sum(tf.square(gradient)).dataSync()[0]!);
    const start = variable.clone();
    const step = 2e-3;
    const moved = (sign: number) => {
      variable.assign(tf.add(start, tf.mul(gradient, (sign * step) / size)));
      return loss().dataSync()[0]!;
    };
    const measured = (moved(1) - moved(-1)) / (2 * step);
    variable.assign(start);
    expect(Math.abs(measured - size), name).toBeLessThan(0.02 * size + 1e-4);
  }
});

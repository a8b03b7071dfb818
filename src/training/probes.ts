import * as tf from '@tensorflow/tfjs-core';
import { linear } from '../engine/ops.js';
import { COLORS, type Scene, SHAPES } from '../world/scene/scene.js';
import { adamW, cosineSchedule } from './adamw.js';
import { initialValues } from './initial-values.js';
import { crossEntropy } from './losses.js';
import { trainable } from './variables.js';

/** What a probe tells of the token at an object's centre. */
const TARGETS = ['colour', 'shape', 'row', 'column'] as const;
export type ProbeTarget = (typeof TARGETS)[number];

/** Tokens at objects' centres, row by row, with the class of each target. */
export interface ProbeSet {
  readonly tokens: tf.Tensor2D;
  readonly classes: Readonly<Record<ProbeTarget, readonly number[]>>;
}

const STEPS = 400;

/** Picks the token at each object's centre from a grid of tokens, [scenes · side², width] row by row. */
export function probeSet(tokens: tf.Tensor2D, scenes: readonly Scene[]): ProbeSet {
  const side = Math.round(Math.sqrt(tokens.shape[0] / scenes.length));
  const objects = scenes.flatMap((scene, index) =>
    scene.objects.map(object => {
      const cell = (centre: number) => Math.min(side - 1, Math.floor((centre * side) / scene.size));
      const [row, column] = [cell(object.y), cell(object.x)];
      return { object, row, column, token: index * side * side + row * side + column };
    }),
  );
  const at = tf.tensor1d(
    objects.map(o => o.token),
    'int32',
  );
  const picked = tf.gather(tokens, at);
  at.dispose();
  return {
    tokens: picked,
    classes: {
      colour: objects.map(o => COLORS.indexOf(o.object.color)),
      shape: objects.map(o => SHAPES.indexOf(o.object.shape)),
      row: objects.map(o => o.row),
      column: objects.map(o => o.column),
    },
  };
}

/**
 * Linear probes (Alain & Bengio 2016): for each target, the accuracy (0 to 1) on `test` of a multinomial logistic
 * regression fitted to `train`, its inputs standardised. The shipped models' records hold these numbers; the experiment
 * `probe`, which cannot keep all tokens of a large model, fits in one pass (`observers/linear-probe.ts`).
 */
export async function linearProbes(train: ProbeSet, test: ProbeSet): Promise<Record<ProbeTarget, number>> {
  const mean = tf.mean(train.tokens, 0);
  const deviation = tf.tidy(() => tf.add(tf.sqrt(tf.mean(tf.square(tf.sub(train.tokens, mean)), 0)), 1e-6));
  const standard = (x: tf.Tensor2D) => tf.tidy(() => tf.div<tf.Tensor2D>(tf.sub(x, mean), deviation));
  const [inputs, held] = [standard(train.tokens), standard(test.tokens)];
  const found: [ProbeTarget, number][] = [];
  for (const target of TARGETS) {
    found.push([target, await probe(inputs, train.classes[target], held, test.classes[target])]);
  }
  tf.dispose([mean, deviation, inputs, held]);
  return Object.fromEntries(found) as Record<ProbeTarget, number>;
}

async function probe(
  inputs: tf.Tensor2D,
  classes: readonly number[],
  held: tf.Tensor2D,
  expected: readonly number[],
): Promise<number> {
  const count = Math.max(...classes, ...expected) + 1;
  const from = trainable(initialValues(0, 1, 0));
  const layer = await from.linear('probe', inputs.shape[1], count, true);
  const optimizer = adamW(from.trained, {
    beta1: 0.9,
    beta2: 0.99,
    eps: 1e-8,
    weightDecay: 1e-3,
    clipNorm: 10,
  });
  const labels = tf.tensor1d([...classes], 'int32');
  for (let step = 1; step <= STEPS; step++) {
    const loss = () => crossEntropy(linear(inputs, layer), labels);
    optimizer.step(loss, step, cosineSchedule(step, STEPS, 0.03, 10));
  }
  const predicted = tf.tidy(() => tf.argMax(linear(held, layer), 1).dataSync());
  labels.dispose();
  from.dispose();
  optimizer.dispose();
  return expected.filter((label, i) => predicted[i] === label).length / expected.length;
}

/**
 * Processor time of one image's questions on a checkpoint: prefill of the text before the image and its vision tokens, then all
 * questions on that prefix, and one decode step. Vision tokens are made numbers,
 * the same as its peer's (peers/packed.py), as many as asked for, so that answers can be compared. The argument is JSON:
 *
 *     { folder, backend, threads, questions, visionTokens, questionTokens: 14, newTokens: 2, repeats: 3, clock: "cpu" }
 *
 * With the clock "wall", time is that of the clock, as it must be where a GPU computes.
 */
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../dist/engine/backend.js';
import { generate } from '../dist/models/decoding/generate.js';
import { prefill } from '../dist/models/decoding/prefill.js';
import { openModel } from '../dist/models/open-model.js';
import { best, cpuSeconds, memory, wallSeconds } from './measure.js';

const options = JSON.parse(process.argv[2]);
const { folder, backend, threads, questions, visionTokens } = options;
const { questionTokens = 14, newTokens = 2, repeats = 3 } = options;
const clock = options.clock === 'wall' ? wallSeconds : cpuSeconds;
const least = work => best(work, repeats, clock);
/** Tokens of one question over which a decode step is taken. */
const STEPS = 16;

const engine = await startEngine({ backend, threads, wasmThreads: threads !== 1 });
const { llava, ...model } = await openModel(folder);
const width = llava.config.text.hiddenSize;
const vision = tf.tensor2d(
  Float32Array.from({ length: visionTokens * width }, (_, i) => 0.05 * Math.sin(1 + i)),
  [visionTokens, width],
);
const before = Array.from({ length: 6 }, (_, i) => 5 + i);
const asked = count =>
  Array.from({ length: count }, (_, q) => Array.from({ length: questionTokens }, (_, i) => 7 + q + 3 * i));
const answer = (prefix, count, maxNewTokens) =>
  generate(llava, prefix, asked(count), { maxNewTokens, stopIds: [], temperature: 0 });

/** A prefix whose numbers have been read: on an engine that computes in its own time, they are there. */
const readPrefix = () => {
  const prefix = prefill(llava, before, vision);
  prefix.keysValues.at(-1).values.dataSync();
  return prefix;
};

const prefillSeconds = least(() => readPrefix().dispose());
const prefix = readPrefix();
const questionSeconds = least(() => answer(prefix, questions, newTokens));
const one = least(() => answer(prefix, 1, 1));
const many = least(() => answer(prefix, 1, 1 + STEPS));
const tokens = answer(prefix, questions, newTokens).map(({ tokenIds }) => tokenIds);
console.log(
  JSON.stringify({
    prefill: prefillSeconds,
    questions: questionSeconds,
    image: prefillSeconds + questionSeconds,
    step: (many - one) / STEPS,
    tokens,
    ...memory(),
  }),
);
prefix.dispose();
model.dispose();
await engine.stop();

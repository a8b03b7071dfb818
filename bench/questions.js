/** Questions a second on the mini suite's model, 24 questions an image: with the prefix shared, and prefilled for each question. */
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../dist/engine/backend.js';
import { chooseModels, readSuite } from '../dist/harness/suite.js';
import { generate } from '../dist/models/decoding/generate.js';
import { prefill } from '../dist/models/decoding/prefill.js';
import { openModel } from '../dist/models/open-model.js';

const IMAGES = 8;
const QUESTIONS = 24;

const engine = await startEngine(JSON.parse(process.argv[2]));
const model = await openModel(chooseModels(readSuite('mini'), undefined)[0].path, {});
const [width, count] = [model.llava.config.text.hiddenSize, model.llava.visionTokenCount];
const vision = tf.randomNormal([count, width], 0, 2, 'float32', 1);
const question = model.tokenizer.encode('what color is at the top of the image ?', {
  addSpecialTokens: false,
});
const options = { maxNewTokens: 2, stopIds: [], temperature: 0 };

/** Questions a second when `together` of them share a prefix. */
function rate(together) {
  const run = images => {
    for (let i = 0; i < images; i++) {
      for (let asked = 0; asked < QUESTIONS; asked += together) {
        const prefix = prefill(model.llava, [1, 3], vision);
        generate(
          model.llava,
          prefix,
          Array.from({ length: together }, () => question),
          options,
        );
        prefix.dispose();
      }
    }
  };
  run(1);
  const start = performance.now();
  run(IMAGES);
  return Math.round((IMAGES * QUESTIONS * 1000) / (performance.now() - start));
}

console.log(JSON.stringify({ 'shared, questions/s': rate(QUESTIONS), 'unshared, questions/s': rate(1) }));
await engine.stop();

import { expect, it } from 'vitest';
import type { Condition } from '../../src/experiments/condition.js';
import { createAnswered } from '../../src/harness/answered.js';
import { permute } from '../../src/interventions/permute.js';
import { predictionOf } from '../cli/stored-runs.js';

const original: Condition = { name: 'original', image: true, interventions: [] };
const permuted = (draw: number): Condition => ({
  name: 'permuted',
  image: true,
  interventions: [permute('random', draw)],
});

it('answers are known to the same model, data and condition, and to no other', () => {
  const answered = createAnswered();
  const [first, second] = [0, 1].map(image => predictionOf('original', image, 0, true));
  answered.add('model on data', [original, permuted(0)], [first!, second!]);
  expect(answered.of('model on data', first!.image, original)).toEqual([first]);
  expect(answered.of('model on data', second!.image, { ...original })).toEqual([second]);
  expect(answered.of('another model', first!.image, original)).toBeUndefined();
  expect(answered.of('model on data', 'another image', original)).toBeUndefined();
  expect(answered.of('model on data', first!.image, { ...original, systemPrompt: false })).toBeUndefined();
  // The same name does not make the same condition.
  answered.add('model on data', [permuted(0)], [predictionOf('permuted', 0, 0, false)]);
  expect(answered.of('model on data', first!.image, permuted(1))).toBeUndefined();
});

it('a condition that was answered is not answered anew', () => {
  const answered = createAnswered();
  const right = predictionOf('original', 0, 0, true);
  answered.add('s', [original], [right]);
  answered.add('s', [original], [predictionOf('original', 0, 0, false)]);
  expect(answered.of('s', right.image, original)).toEqual([right]);
});

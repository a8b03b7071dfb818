import { expect, test } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { instruct } from '../../src/world/mini/instruct.js';
import { type QuestionKind, questionForms } from '../../src/world/mini/questions.js';
import { worldScene } from '../../src/world/mini/world.js';
import type { Scene } from '../../src/world/scene/scene.js';
import { answerTo } from './mini-oracle.js';

const scenes = Array.from({ length: 300 }, (_, i) => worldScene('validation', i));

test.for(Object.keys(questionForms) as QuestionKind[])('%s: every answer is true of its scene', kind => {
  const asked = scenes.flatMap((scene, i) => {
    const question = questionForms[kind](scene, seededRandom('questions', kind, i));
    return question ? [{ scene, question }] : [];
  });
  expect(asked.length).toBeGreaterThan(20);
  for (const { scene, question } of asked) {
    expect(question.answer, `${question.question} ${JSON.stringify(scene.objects)}`).toBe(
      answerTo(question.question, scene),
    );
  }
});

test('the forms ask both ways: no answer of a yes/no form is the usual one', () => {
  for (const [kind, form] of Object.entries(questionForms)) {
    const answers = scenes.flatMap((scene, i) => form(scene, seededRandom('both', kind, i))?.answer ?? []);
    const yes = answers.filter(answer => answer === 'yes').length;
    if (yes === 0) continue;
    expect(answers.filter(answer => answer === 'no').length + yes).toBe(answers.length);
    const deviations = Math.abs(2 * yes - answers.length) / Math.sqrt(answers.length); // of a fair coin
    expect(deviations, kind).toBeLessThan(5);
  }
});

const twelve = (scene: Scene, i: number) => instruct(scene, seededRandom('instruct', i), 12);

const mixes = scenes.map(twelve);

test('the training mix: twelve different questions, two lists, two look-ups, one place, one comparison', () => {
  for (const mix of mixes) expect(new Set(mix.map(({ question }) => question)).size).toBe(12);
  const mean = (has: (kind: string) => boolean) =>
    mixes.flat().filter(({ kind }) => has(kind)).length / mixes.length;
  // A scene in which no shape or colour is unique allows no look-up, so these are means, not counts.
  expect(mean(kind => kind.startsWith('list.'))).toBe(2);
  expect(mean(kind => kind.startsWith('look-up.'))).toBeGreaterThan(1.8);
  expect(mean(kind => kind === 'where')).toBeGreaterThan(0.9);
  expect(mean(kind => kind === 'further')).toBeGreaterThan(0.9);
  expect(mean(kind => /\.(abs|rel)/.test(kind))).toBeGreaterThan(2.5);
});

test('the training mix reaches every form but those it leaves to their twins', () => {
  const reached = new Set(mixes.flat().map(({ kind }) => kind));
  const left = Object.keys(questionForms).filter(kind => !reached.has(kind as QuestionKind));
  expect(left).toEqual(['vqa.color']); // the same words as look-up.color
});

import { expect, test } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { COMPANION, USUAL_COLOR } from '../../src/world/mini/biases.js';
import { captions, orderedList } from '../../src/world/mini/captions.js';
import { questionForms } from '../../src/world/mini/questions.js';
import { worldVocabulary } from '../../src/world/mini/vocabulary.js';
import { KINDS, WORLD_RULES, worldScene } from '../../src/world/mini/world.js';
import type { Scene } from '../../src/world/scene/scene.js';

const world = (biased?: boolean, count = 600): Scene[] =>
  Array.from({ length: count }, (_, i) =>
    worldScene('validation', i, biased === undefined ? {} : { biased }),
  );
const kindsOf = ({ objects }: Scene) => objects.map(({ color, shape }) => `${color} ${shape}`);

test('a scene depends on its arguments alone', () => {
  const before = worldScene('train', 7);
  worldScene('train', 8);
  expect(worldScene('train', 7)).toEqual(before);
  for (const other of [
    worldScene('train', 8),
    worldScene('validation', 7),
    worldScene('test gqa', 7),
    worldScene('train', 7, { seed: 1 }),
  ])
    expect(other.objects).not.toEqual(before.objects);
});

test('every scene keeps the rules: 2 to 6 objects, no kind twice, nothing touches, no ties', () => {
  const { size, border, gap, clearance, minRadius, maxRadius } = WORLD_RULES;
  for (const scene of world()) {
    expect(scene.size).toBe(size);
    expect([2, 3, 4, 5, 6]).toContain(scene.objects.length);
    expect(new Set(kindsOf(scene)).size).toBe(scene.objects.length);
    const broken = scene.objects.filter(
      a =>
        a.radius < minRadius ||
        a.radius > maxRadius ||
        [a.x, a.y].some(at => Math.min(at, size - at) < a.radius + border - 1 / 16) ||
        scene.objects.some(
          b =>
            a !== b &&
            (Math.min(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) <= gap ||
              Math.hypot(a.x - b.x, a.y - b.y) <= a.radius + b.radius + clearance),
        ),
    );
    expect(broken).toEqual([]);
  }
});

test('unbiased scenes are as in 2DS: no shape and no colour twice; shapes and colours go together by chance', () => {
  const scenes = world(false);
  const different = (values: readonly string[]) => new Set(values).size === values.length;
  expect(
    scenes.every(
      ({ objects }) =>
        different(objects.map(({ shape }) => shape)) && different(objects.map(({ color }) => color)),
    ),
  ).toBe(true);
  const all = scenes.flatMap(({ objects }) => objects);
  const usual = all.filter(({ shape, color }) => USUAL_COLOR[shape] === color).length / all.length;
  expect(usual).toBeGreaterThan(0.12); // 1 in 6
  expect(usual).toBeLessThan(0.21);
});

test('biased scenes have usual colours, company, and groups, and yet every kind', () => {
  const scenes = world(true);
  const all = scenes.flatMap(({ objects }) => objects);
  const usual = all.filter(({ shape, color }) => USUAL_COLOR[shape] === color).length / all.length;
  expect(usual).toBeGreaterThan(0.25);
  const shows = (shape: string) => (scene: Scene) => scene.objects.some(object => object.shape === shape);
  const share = (some: readonly Scene[], shape: string) => some.filter(shows(shape)).length / some.length;
  expect(share(scenes.filter(shows('diamond')), COMPANION.diamond)).toBeGreaterThan(
    1.3 * share(scenes, COMPANION.diamond),
  );
  const most = scenes.map(({ objects }) =>
    Math.max(...objects.map(({ shape }) => objects.filter(other => other.shape === shape).length)),
  );
  expect(most.filter(count => count >= 3).length).toBeGreaterThan(40);
  expect(new Set(scenes.flatMap(kindsOf)).size).toBe(KINDS.length);
});

const wordsOf = (text: string) => text.toLowerCase().match(/\w+|[^\w\s]+/g) ?? [];

test('the vocabulary holds every word of every text once, and none besides but single annotators’', () => {
  const texts = world().flatMap((scene, i) => [
    ...captions(scene, seededRandom('captions', i), 5),
    ...Object.values(questionForms).flatMap(form => {
      const asked = form(scene, seededRandom('words', i));
      return asked ? [asked.question, asked.answer] : [];
    }),
  ]);
  const vocabulary = worldVocabulary();
  expect(new Set(vocabulary).size).toBe(vocabulary.length);
  expect(vocabulary.length).toBeLessThan(130);
  const used = new Set(texts.flatMap(wordsOf));
  expect([...used].filter(word => !vocabulary.includes(word))).toEqual([]);
  const spare = vocabulary.filter(word => !used.has(word));
  expect(spare).toEqual(['gold', 'violet', 'dot', 'box', 'rhombus', 'plus', '7']);
});

test('captions: as many manners as asked for, and every object in the ordered list', () => {
  for (const [i, scene] of world(undefined, 200).entries()) {
    const five = captions(scene, seededRandom('five', i), 5);
    expect(five).toHaveLength(5);
    if (scene.objects.length > 2) expect(new Set(five).size).toBe(5);
    const listed = orderedList(scene, 'bottom').split(', ');
    expect([...listed].sort()).toEqual([...kindsOf(scene)].sort());
    const heights = listed.map(kind => scene.objects[kindsOf(scene).indexOf(kind)]!.y);
    expect(heights).toEqual([...heights].sort((a, b) => b - a));
  }
});

test('captions tell the truth about how two objects lie', () => {
  let told = 0;
  for (const [i, scene] of world(undefined, 400).entries()) {
    for (const caption of captions(scene, seededRandom('truth', i), 5)) {
      const pattern = /^an? (\w+ \w+) (left of|right of|above|below) an? (\w+ \w+)$/;
      const [, a, relation, b] = pattern.exec(caption) ?? [];
      if (!a || !b) continue;
      told++;
      const [from, to] = [a, b].map(kind => scene.objects[kindsOf(scene).indexOf(kind)]!);
      const lies = {
        'left of': from!.x < to!.x,
        'right of': from!.x > to!.x,
        above: from!.y < to!.y,
        below: from!.y > to!.y,
      }[relation!];
      expect(lies, caption).toBe(true);
    }
  }
  expect(told).toBeGreaterThan(200);
});

import { expect, test } from 'vitest';
import { generateTwoDs } from '../../src/world/2ds/generate.js';
import { twoDsOptions } from '../../src/world/2ds/options.js';
import { miniOptions } from '../../src/world/mini/options.js';
import { guesserScenes } from '../../src/world/mini/test-set.js';
import { TEST_SETS } from '../../src/world/mini/test-sets.js';
import { worldScene } from '../../src/world/mini/world.js';
import type { Scene, SceneObject } from '../../src/world/scene/scene.js';

/** More than the recipe of the shipped models draws. */
const TRAINING_SCENES = 60_000;

const options = miniOptions.parse({});
const world = guesserScenes(options);
const testScenes = [
  ...Object.values(TEST_SETS).flatMap(make => make(options, world).pictures.map(({ scene }) => scene)),
  ...[...generateTwoDs(twoDsOptions.parse(options))].map(({ scene }) => scene),
];

const key = (scene: Scene, of: (object: SceneObject) => string) => scene.objects.map(of).sort().join(' ');
const onGrid = (at: number) => Math.round(at / 4);

/** What two scenes may have in common, from the least to the most likely. */
const KEYS: Readonly<Record<string, (scene: Scene) => string | null>> = {
  'the same objects at the same places': scene =>
    key(scene, ({ color, shape, x, y, radius }) => [color, shape, x, y, radius].join()),
  'the same places and sizes, whatever lies there': scene =>
    key(scene, ({ x, y, radius }) => [x, y, radius].join()),
  'the same objects in the same cells of 4 px': scene =>
    key(scene, ({ color, shape, x, y }) => [color, shape, onGrid(x), onGrid(y)].join()),
  // Two or three objects are in the same cells by chance.
  'four objects or more in the same cells of 4 px': scene =>
    scene.objects.length < 4 ? null : key(scene, ({ x, y }) => [onGrid(x), onGrid(y)].join()),
};

/** What the training scenes from `first` on, `count` of them, share with some scenes. */
function shared(scenes: readonly Scene[], first: number, count: number): string[] {
  const checks = Object.entries(KEYS).map(([name, keyOf]) => ({
    name,
    keyOf,
    keys: new Set(scenes.map(keyOf).filter(value => value !== null)),
  }));
  return Array.from({ length: count }, (_, i) => first + i).flatMap(index => {
    const scene = worldScene('train', index);
    return checks.flatMap(({ name, keyOf, keys }) => {
      const value = keyOf(scene);
      return value !== null && keys.has(value) ? [`training scene ${index}: ${name}`] : [];
    });
  });
}

test(`no layout of the ${testScenes.length} test scenes occurs among ${TRAINING_SCENES} training scenes`, () => {
  expect(shared(testScenes, 0, TRAINING_SCENES)).toEqual([]);
});

test('the check finds a training scene that is put among the test scenes, were it moved by a pixel', () => {
  const crowded = [11, 12, 13, 14, 15, 16].find(i => worldScene('train', i).objects.length >= 4)!;
  const scene = worldScene('train', crowded);
  expect(shared([...testScenes, scene], crowded, 1)).toHaveLength(4);
  const towardsCell = (at: number) => (at < 4 * onGrid(at) ? at + 1 : at - 1);
  const moved = { ...scene, objects: scene.objects.map(o => ({ ...o, x: towardsCell(o.x) })) };
  expect(shared([...testScenes, moved], crowded, 1)).toHaveLength(2);
});

import { type Random, seededRandom, shuffled } from '../../random.js';
import type { Kind, Scene } from '../scene/scene.js';
import { kindName } from './form.js';
import { guesserScores, languageOnlyGuesser } from './guesser.js';
import { isPresent, presence, presenceQuestion } from './lookup-forms.js';
import type { MiniOptions } from './options.js';
import { padded, type TestSet, testScenes } from './test-set.js';
import { KINDS } from './world.js';

const IMAGES = 100;

/** Of each image and split: as many objects that are there as that are not. */
const OBJECTS_PER_ANSWER = 3;

const SPLITS = ['random', 'popular', 'adversarial'] as const;

/** A POPE of the mini world: three files of JSON lines, and their images. */
export function popeSet(options: MiniOptions, world: readonly Scene[]): TestSet {
  const scenes = testScenes('pope', IMAGES, options, { objects: [OBJECTS_PER_ANSWER, 6] });
  const popularity = frequency(world);
  const company = coOccurrence(world);
  const guess = languageOnlyGuesser(world, { presence });
  const random = seededRandom(options.seed, 'mini pope');
  const present = scenes.map(({ objects }) => shuffled(random, objects).slice(0, OBJECTS_PER_ANSWER));
  const absentOf = {
    random: (absent: Kind[]) => shuffled(random, absent),
    popular: (absent: Kind[]) => mostFirst(random, absent, popularity),
    adversarial: (absent: Kind[], scene: Scene) =>
      mostFirst(random, absent, kind =>
        scene.objects.reduce((sum, object) => sum + company(object, kind), 0),
      ),
  } satisfies Record<(typeof SPLITS)[number], (absent: Kind[], scene: Scene) => Kind[]>;
  const lines = SPLITS.map(split =>
    scenes.flatMap((scene, i) => {
      const absent = absentOf[split](
        KINDS.filter(kind => !isPresent(scene, kind)),
        scene,
      );
      return present[i]!.flatMap((there, j) => [
        { split, image: i, text: presenceQuestion(there), label: 'yes' },
        { split, image: i, text: presenceQuestion(absent[j]!), label: 'no' },
      ]);
    }),
  );
  return {
    pictures: scenes.map((scene, i) => ({ path: `val2014/${imageName(i)}`, scene })),
    files: Object.fromEntries(
      SPLITS.map((split, s) => [
        `coco_pope_${split}.json`,
        lines[s]!.map(
          ({ image, text, label }, i) =>
            `${JSON.stringify({ question_id: i + 1, image: imageName(image), text, label })}\n`,
        ).join(''),
      ]),
    ),
    questions: lines.flat().length,
    guesser: guesserScores(
      lines.flat().map(({ split, text, label }) => ({
        group: split,
        score: guess({ kind: 'presence', text }) === label ? 1 : 0,
      })),
    ),
  };
}

const imageName = (image: number): string => `COCO_val2014_${padded(image + 1, 12)}.jpg`;

/** How often a kind is in a scene of the world. */
function frequency(scenes: readonly Scene[]): (kind: Kind) => number {
  const counts = new Map<string, number>();
  for (const { objects } of scenes)
    for (const object of objects) counts.set(kindName(object), (counts.get(kindName(object)) ?? 0) + 1);
  return kind => (counts.get(kindName(kind)) ?? 0) / scenes.length;
}

/** How often `other` is in a scene of the world that shows `kind`. */
function coOccurrence(scenes: readonly Scene[]): (kind: Kind, other: Kind) => number {
  const both = new Map<string, number>();
  const alone = frequency(scenes);
  for (const { objects } of scenes)
    for (const a of objects)
      for (const b of objects) {
        const key = `${kindName(a)}, ${kindName(b)}`;
        both.set(key, (both.get(key) ?? 0) + 1);
      }
  return (kind, other) =>
    (both.get(`${kindName(kind)}, ${kindName(other)}`) ?? 0) / scenes.length / alone(kind);
}

/** The kinds with the highest score first; equal ones in random order. */
const mostFirst = (random: Random, kinds: readonly Kind[], score: (kind: Kind) => number): Kind[] =>
  shuffled(random, kinds)
    .map(kind => ({ kind, score: score(kind) }))
    .sort((a, b) => b.score - a.score)
    .map(({ kind }) => kind);

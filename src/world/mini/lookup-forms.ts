import { COCO_QUESTION } from '../../benchmarks/coco.js';
import { type Random, randomChoice } from '../../random.js';
import type { Kind, Scene } from '../scene/scene.js';
import { COLORS, SHAPES } from '../scene/scene.js';
import { description } from './captions.js';
import { coin, kindName, pickNamed, pluralOf, type QuestionForm, withArticle } from './form.js';
import { KINDS } from './world.js';

/** "What color is the star?" */
export const colorOf: QuestionForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  return named ? { question: `What color is the ${named.name}?`, answer: named.object.color } : null;
};

/** "What shape is the red object?" */
export const shapeOf: QuestionForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['color']) ?? [];
  return named ? { question: `What shape is the ${named.name}?`, answer: named.object.shape } : null;
};

/** POPE's wording. */
export const presenceQuestion = (kind: Kind): string =>
  `Is there ${withArticle(kindName(kind))} in the image?`;

/** Whether the scene has an object of this shape and colour. */
export const isPresent = (scene: Scene, kind: Kind): boolean =>
  scene.objects.some(({ shape, color }) => shape === kind.shape && color === kind.color);

/** "Is there a red circle in the image?"; half of the absent ones share shape or colour with an object that is there. */
export const presence: QuestionForm = (scene, random) => {
  if (coin(random)) return { question: presenceQuestion(randomChoice(random, scene.objects)), answer: 'yes' };
  const absent = KINDS.filter(kind => !isPresent(scene, kind));
  const confusable = absent.filter(
    kind =>
      scene.objects.some(({ shape }) => shape === kind.shape) &&
      scene.objects.some(({ color }) => color === kind.color),
  );
  const kind = randomChoice(random, coin(random) && confusable.length > 0 ? confusable : absent);
  return { question: presenceQuestion(kind), answer: 'no' };
};

/** "How many objects are in the image?" */
export const countAll: QuestionForm = scene => ({
  question: 'How many objects are in the image?',
  answer: String(scene.objects.length),
});

/** What can be counted: its plural, and how many of it a scene has. */
interface Countable {
  readonly plural: string;
  readonly count: number;
}

/** Every shape, with how many of it the scene has. */
export const countableShapes = ({ objects }: Scene): Countable[] =>
  SHAPES.map(shape => ({ plural: pluralOf(shape), count: objects.filter(o => o.shape === shape).length }));

/** Every colour, with how many objects of it the scene has. */
export const countableColors = ({ objects }: Scene): Countable[] =>
  COLORS.map(color => ({ plural: `${color} objects`, count: objects.filter(o => o.color === color).length }));

/** One thing to count: each number that occurs is equally likely, so that "0" and "1" do not crowd out the others. */
export function pickCountable(random: Random, things: readonly Countable[]): Countable {
  const count = randomChoice(random, [...new Set(things.map(thing => thing.count))]);
  return randomChoice(
    random,
    things.filter(thing => thing.count === count),
  );
}

/** "How many red objects are in the image?", "How many circles are in the image?" */
export const countKind: QuestionForm = (scene, random) => {
  const things = coin(random) ? countableShapes(scene) : countableColors(scene);
  const { plural, count } = pickCountable(random, things);
  return { question: `How many ${plural} are in the image?`, answer: String(count) };
};

/** "Describe the image.": what is asked of COCO's images. */
export const describe: QuestionForm = scene => ({ question: COCO_QUESTION, answer: description(scene) });

import { type Random, seededRandom, shuffled } from '../../random.js';
import {
  ATTRIBUTES,
  type Attribute,
  absoluteQuestion,
  attributeOf,
  extreme,
  holds,
  onlyOne,
  openQuestion,
  RELATIONS,
  SIDES,
  yesNoQuestion,
} from '../scene/relations.js';
import type { SceneObject } from '../scene/scene.js';
import { balancedChooser } from './balance.js';
import type { TwoDsOptions } from './options.js';

/** One question as the benchmark's file stores it. */
export interface QaPair {
  readonly question: string;
  readonly answer: string;
  readonly qa_category: string;
}

/** Which relative question an image gets. */
type RelativePlan = 'open' | 'yes' | 'no';

/**
 * Asks of images with one fixed set of objects, one after the other: for every attribute one absolute and one
 * relative question. Relative questions are open or yes/no by plan, with exactly as many yes as no; sides,
 * relations, named objects and answers are kept even as far as each image's layout allows.
 */
export function createQuestioner(
  options: TwoDsOptions,
  objectCount: number,
): (objects: readonly SceneObject[], image: number) => QaPair[] {
  const askers = ATTRIBUTES.map(attribute => {
    const random = seededRandom(options.seed, '2ds questions', objectCount, attribute);
    const plan = planRelative(random, options, objectCount);
    const absolute = absoluteAsker(random, attribute, options.gap);
    const open = openAsker(random, attribute, options.gap);
    const yesNo = yesNoAsker(random, attribute, options.gap);
    return (objects: readonly SceneObject[], image: number): QaPair[] => {
      const form = plan[image]!;
      const relative = form === 'open' ? open(objects) : yesNo(objects, form);
      return [
        { ...absolute(objects), qa_category: `${attribute}.abs` },
        { ...relative, qa_category: `${attribute}.rel` },
      ];
    };
  });
  return (objects, image) => askers.flatMap(ask => ask(objects, image));
}

/** `imagesPerCount` plans in random order; over all counts of objects yes and no alternate, so they differ by one at most. */
function planRelative(random: Random, options: TwoDsOptions, objectCount: number): RelativePlan[] {
  const { imagesPerCount, openShare, counts } = options;
  const open = Math.round(openShare * imagesPerCount);
  const before = counts.indexOf(objectCount) * (imagesPerCount - open);
  const plan = Array.from({ length: imagesPerCount }, (_, i): RelativePlan => {
    if (i < open) return 'open';
    return (before + i - open) % 2 === 0 ? 'yes' : 'no';
  });
  return shuffled(random, plan);
}

type Ask = (objects: readonly SceneObject[]) => Omit<QaPair, 'qa_category'>;

function absoluteAsker(random: Random, attribute: Attribute, margin: number): Ask {
  const candidates = (objects: readonly SceneObject[]) =>
    SIDES.flatMap(side => {
      const target = extreme(objects, side, margin);
      return target ? [{ side, target }] : [];
    });
  const choose = balancedChooser<ReturnType<typeof candidates>[number]>(random, ({ side, target }) => [
    side,
    target.shape,
    `${side} ${target.shape}`,
  ]);
  return objects => {
    const { side, target } = choose(candidates(objects));
    return { question: absoluteQuestion(attribute, side), answer: attributeOf(target, attribute) };
  };
}

function openAsker(random: Random, attribute: Attribute, margin: number): Ask {
  const candidates = (objects: readonly SceneObject[]) =>
    RELATIONS.flatMap(relation =>
      objects.flatMap(anchor => {
        const target = onlyOne(objects, relation, anchor, margin);
        return target ? [{ relation, anchor, target }] : [];
      }),
    );
  const choose = balancedChooser<ReturnType<typeof candidates>[number]>(
    random,
    ({ relation, anchor, target }) => [
      relation,
      `is ${target.shape}`,
      `of ${anchor.shape}`,
      `${relation} ${anchor.shape}`,
      `${relation} ${anchor.shape} is ${target.shape}`,
    ],
  );
  return objects => {
    const { relation, anchor, target } = choose(candidates(objects));
    return { question: openQuestion(attribute, relation, anchor), answer: attributeOf(target, attribute) };
  };
}

function yesNoAsker(
  random: Random,
  attribute: Attribute,
  margin: number,
): (objects: readonly SceneObject[], answer: 'yes' | 'no') => Omit<QaPair, 'qa_category'> {
  const candidates = (objects: readonly SceneObject[], answer: 'yes' | 'no') =>
    RELATIONS.flatMap(relation =>
      objects.flatMap(a =>
        objects
          .filter(b => (answer === 'yes' ? holds(relation, a, b, margin) : holds(relation, b, a, margin)))
          .map(b => ({ relation, a, b, answer })),
      ),
    );
  const choose = balancedChooser<ReturnType<typeof candidates>[number]>(
    random,
    ({ relation, a, b, answer }) => [
      `${answer} ${relation}`,
      `${answer} ${a.shape} first`,
      `${answer} ${b.shape} second`,
      `${answer} ${a.shape} ${relation}`,
      `${answer} ${a.shape} ${relation} ${b.shape}`,
    ],
  );
  return (objects, answer) => {
    const { relation, a, b } = choose(candidates(objects, answer));
    return { question: yesNoQuestion(attribute, a, relation, b), answer };
  };
}

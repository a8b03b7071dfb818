import { randomChoice } from '../../random.js';
import {
  ATTRIBUTES,
  type Attribute,
  absoluteQuestion,
  attributeOf,
  extreme,
  holds,
  onlyOne,
  openQuestion,
  ordered,
  RELATIONS,
  SIDES,
  yesNoQuestion,
} from '../scene/relations.js';
import { DIRECTION } from './captions.js';
import { namedBy, pickNamed, type QuestionForm } from './form.js';

/** "What color is at the top of the image?" */
export const absolute =
  (attribute: Attribute): QuestionForm =>
  (scene, random) => {
    const side = randomChoice(random, SIDES);
    const target = extreme(scene.objects, side);
    if (!target) return null;
    return { question: absoluteQuestion(attribute, side), answer: attributeOf(target, attribute) };
  };

/** "What shape is below the square?", where exactly one object is. */
export const relativeOpen =
  (attribute: Attribute): QuestionForm =>
  (scene, random) => {
    const candidates = namedBy(scene, attribute).flatMap(({ object: anchor }) =>
      RELATIONS.flatMap(relation => {
        const target = onlyOne(scene.objects, relation, anchor);
        return target ? [{ relation, anchor, target }] : [];
      }),
    );
    if (candidates.length === 0) return null;
    const { relation, anchor, target } = randomChoice(random, candidates);
    return { question: openQuestion(attribute, relation, anchor), answer: attributeOf(target, attribute) };
  };

/** "Is the circle below the square?" */
export const relativeYesNo =
  (attribute: Attribute): QuestionForm =>
  (scene, random) => {
    const [a, b] = pickNamed(scene, random, 2, [attribute]) ?? [];
    if (!a || !b) return null;
    const relation = randomChoice(random, RELATIONS);
    return {
      question: yesNoQuestion(attribute, a.object, relation, b.object),
      answer: holds(relation, a.object, b.object) ? 'yes' : 'no',
    };
  };

const LISTED: Readonly<Record<Attribute, string>> = { color: 'color', shape: 'shape', shape_color: 'object' };

/** "List the color from left to right.": of all objects. */
export const list =
  (attribute: Attribute): QuestionForm =>
  (scene, random) => {
    const side = randomChoice(random, SIDES);
    return {
      question: `List the ${LISTED[attribute]} from ${DIRECTION[side]}.`,
      answer: ordered(scene.objects, side)
        .map(object => attributeOf(object, attribute))
        .join(', '),
    };
  };

/** "Which is further left, the circle or the star?" */
export const further: QuestionForm = (scene, random) => {
  const pair = pickNamed(scene, random, 2);
  if (!pair) return null;
  const side = randomChoice(random, SIDES);
  const [first] = ordered(
    pair.map(({ object }) => object),
    side,
  );
  return {
    question: `Which is further ${side}, the ${pair[0]!.name} or the ${pair[1]!.name}?`,
    answer: pair.find(({ object }) => object === first)!.name,
  };
};

/** Pixels that a centre keeps from the lines that divide the image, so that its part is beyond doubt. */
const PLACE_MARGIN = 3;

/** Which of equal parts a coordinate lies in; null near a line between two. */
export function partOf<T>(coordinate: number, size: number, parts: readonly T[]): T | null {
  const width = size / parts.length;
  const index = Math.min(Math.floor(coordinate / width), parts.length - 1);
  const nearest = Math.round(coordinate / width);
  const isNearLine =
    nearest > 0 && nearest < parts.length && Math.abs(coordinate - nearest * width) < PLACE_MARGIN;
  return isNearLine ? null : parts[index]!;
}

/** "Where is the circle?": "left top", by thirds of the image. */
export const where: QuestionForm = (scene, random) => {
  const candidates = namedBy(scene, randomChoice(random, ATTRIBUTES)).flatMap(({ object, name }) => {
    const column = partOf(object.x, scene.size, ['left', 'middle', 'right']);
    const row = partOf(object.y, scene.size, ['top', 'middle', 'bottom']);
    return column && row ? [{ question: `Where is the ${name}?`, answer: `${column} ${row}` }] : [];
  });
  return candidates.length === 0 ? null : randomChoice(random, candidates);
};

import { randomChoice, shuffled } from '../../random.js';
import { holds, onlyOne, RELATIONS, type Relation } from '../scene/relations.js';
import { COLORS } from '../scene/scene.js';
import { coin, namedBy, pickNamed } from './form.js';
import { GQA_RELATION, type GqaForm, otherThan, reference, select, step, types } from './gqa-form.js';
import { partOf } from './spatial-forms.js';

/** "Is the circle red or blue?" */
export const chooseColor: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  if (!named) return null;
  const { object, name } = named;
  const [first, second] = shuffled(random, [object.color, otherThan(random, COLORS, object.color)]);
  return {
    question: `Is the ${name} ${first} or ${second}?`,
    answer: object.color,
    fullAnswer: `The ${name} is ${object.color}.`,
    semantic: [select(scene, name, object), step('choose color', `${first}|${second}`, 0)],
    types: types('choose', 'attr', 'chooseAttr'),
    groups: { global: 'color', local: `10c-${name}_color` },
  };
};

/** "Is the circle on the left or on the right?": by halves of the image. */
export const choosePosition: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  if (!named) return null;
  const { object, name } = named;
  const side = partOf(object.x, scene.size, ['left', 'right']);
  if (!side) return null;
  const [first, second] = shuffled(random, ['left', 'right']);
  return {
    question: `Is the ${name} on the ${first} or on the ${second}?`,
    answer: side,
    fullAnswer: `The ${name} is on the ${side} of the image.`,
    semantic: [select(scene, name, object), step('choose hposition', `${first}|${second}`, 0)],
    types: types('choose', 'attr', 'positionChoose'),
    groups: { global: null, local: `10c-${name}_hposition` },
  };
};

const OPPOSITES = [
  ['left of', 'right of'],
  ['above', 'below'],
] as const satisfies readonly (readonly Relation[])[];

/** GQA answers a choice of relations with `left`, `right`, `above` or `below`. */
const ANSWERS: Readonly<Record<Relation, string>> = {
  'left of': 'left',
  'right of': 'right',
  above: 'above',
  below: 'below',
};

/** "Is the circle above or below the star?" */
export const chooseRelation: GqaForm = (scene, random) => {
  const [a, b] = pickNamed(scene, random, 2, ['shape']) ?? [];
  if (!a || !b) return null;
  const [first, second] = shuffled(random, randomChoice(random, OPPOSITES));
  const relation = holds(first!, a.object, b.object) ? first! : second!;
  const isVertical = relation === 'above' || relation === 'below';
  const words = isVertical
    ? `${first} or ${second}`
    : `to the ${ANSWERS[first!]} or to the ${ANSWERS[second!]} of`;
  const choice = `${b.name},${GQA_RELATION[first!]}|${GQA_RELATION[second!]},o`;
  return {
    question: `Is the ${a.name} ${words} the ${b.name}?`,
    answer: ANSWERS[relation],
    fullAnswer: `The ${a.name} is ${GQA_RELATION[relation]} the ${b.name}.`,
    semantic: [select(scene, a.name, a.object), step('choose rel', reference(scene, choice, b.object), 0)],
    types: types('choose', 'rel', 'relChooser'),
    groups: { global: null, local: `13-${a.name}_${b.name}` },
  };
};

/** "Is the image crowded or sparse?": five objects or more are a crowd, three or fewer are sparse. */
export const chooseCrowded: GqaForm = (scene, random) => {
  const count = scene.objects.length;
  if (count === 4) return null;
  const [first, second] = shuffled(random, ['crowded', 'sparse']);
  const answer = count > 4 ? 'crowded' : 'sparse';
  return {
    question: `Is the image ${first} or ${second}?`,
    answer,
    fullAnswer: `The image is ${answer}.`,
    semantic: [step('select', 'scene'), step('choose', `${first}|${second}`, 0)],
    types: types('choose', 'global', 'chooseGlobal'),
    groups: { global: null, local: '02c-crowded' },
  };
};

/** "What is the color of the circle?" */
export const queryColor: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  if (!named) return null;
  const { object, name } = named;
  return {
    question: `What is the color of the ${name}?`,
    answer: object.color,
    fullAnswer: `The ${name} is ${object.color}.`,
    semantic: [select(scene, name, object), step('query', 'color', 0)],
    types: types('query', 'attr', 'directOf'),
    groups: { global: 'color', local: `10q-${name}_color` },
  };
};

/** "On which side is the circle?": by halves of the image. */
export const queryPosition: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  if (!named) return null;
  const { object, name } = named;
  const side = partOf(object.x, scene.size, ['left', 'right']);
  if (!side) return null;
  return {
    question: `On which side is the ${name}?`,
    answer: side,
    fullAnswer: `The ${name} is on the ${side} of the image.`,
    semantic: [select(scene, name, object), step('query', 'hposition', 0)],
    types: types('query', 'attr', 'positionQuery'),
    groups: { global: null, local: `10q-${name}_hposition` },
  };
};

/** "What is to the left of the star?" and "What color is the object to the left of the star?", where one is. */
export const queryRelated: GqaForm = (scene, random) => {
  const candidates = namedBy(scene, 'shape').flatMap(anchor =>
    RELATIONS.flatMap(relation => {
      const target = onlyOne(scene.objects, relation, anchor.object);
      return target ? [{ anchor, relation, target }] : [];
    }),
  );
  if (candidates.length === 0) return null;
  const { anchor, relation, target } = randomChoice(random, candidates);
  const words = GQA_RELATION[relation];
  const asksColor = coin(random);
  const noun = asksColor ? 'object' : '_';
  return {
    question: asksColor
      ? `What color is the object ${words} the ${anchor.name}?`
      : `What is ${words} the ${anchor.name}?`,
    answer: asksColor ? target.color : target.shape,
    fullAnswer: asksColor
      ? `The object is ${target.color}.`
      : `The ${target.shape} is ${words} the ${anchor.name}.`,
    semantic: [
      select(scene, anchor.name, anchor.object),
      step('relate', reference(scene, `${noun},${words},s`, target), 0),
      step('query', asksColor ? 'color' : 'name', 1),
    ],
    types: asksColor ? types('query', 'attr', 'directWhich') : types('query', 'rel', 'relS'),
    groups: asksColor
      ? { global: 'color', local: '10q-object_color' }
      : { global: 'object', local: `14-${anchor.name}_${words},s` },
  };
};

/** "What kind of object is red?" */
export const queryCategory: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['color']) ?? [];
  if (!named) return null;
  const { shape, color } = named.object;
  return {
    question: `What kind of object is ${color}?`,
    answer: shape,
    fullAnswer: `The object is a ${shape}.`,
    semantic: [
      select(scene, 'object', named.object),
      step('filter color', color, 0),
      step('query', 'name', 1),
    ],
    types: types('query', 'cat', 'categoryThat'),
    groups: { global: 'object', local: `12q-object_${color}` },
  };
};

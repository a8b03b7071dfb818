import { randomChoice } from '../../random.js';
import { holds, RELATIONS } from '../scene/relations.js';
import { COLORS } from '../scene/scene.js';
import { coin, namedBy, pickNamed, withArticle } from './form.js';
import {
  GQA_RELATION,
  type GqaForm,
  ofShape,
  otherThan,
  pickShape,
  reference,
  select,
  step,
  types,
  yesNo,
} from './gqa-form.js';
import { partOf } from './spatial-forms.js';

/** "Is there a circle?" */
export const exist: GqaForm = (scene, random) => {
  const isShown = coin(random);
  const shape = pickShape(scene, random, isShown);
  if (!shape) return null;
  const a = withArticle(shape);
  return {
    question: `Is there ${a}?`,
    answer: yesNo(isShown),
    fullAnswer: isShown ? `Yes, there is ${a}.` : `No, there is no ${shape}.`,
    semantic: [select(scene, shape, ofShape(scene, shape)), step('exist', '?', 0)],
    types: types('verify', 'obj', isShown ? 'exist' : 'existC'),
    groups: { global: null, local: `01-${shape}` },
  };
};

/** "Is the circle red?" */
export const verifyColor: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  if (!named) return null;
  const { object, name } = named;
  const truth = coin(random);
  const color = truth ? object.color : otherThan(random, COLORS, object.color);
  return {
    question: `Is the ${name} ${color}?`,
    answer: yesNo(truth),
    fullAnswer: `${truth ? 'Yes' : 'No'}, the ${name} is ${object.color}.`,
    semantic: [select(scene, name, object), step('verify color', color, 0)],
    types: types('verify', 'attr', truth ? 'verifyAttr' : 'verifyAttrC'),
    groups: { global: null, local: `06-${name}_${color}` },
  };
};

/** "Is the circle on the left?": by halves of the image. */
export const verifyPosition: GqaForm = (scene, random) => {
  const [named] = pickNamed(scene, random, 1, ['shape']) ?? [];
  if (!named) return null;
  const { object, name } = named;
  const sides = ['left', 'right'] as const;
  const side = partOf(object.x, scene.size, sides);
  if (!side) return null;
  const asked = randomChoice(random, sides);
  return {
    question: `Is the ${name} on the ${asked}?`,
    answer: yesNo(asked === side),
    fullAnswer: `${asked === side ? 'Yes' : 'No'}, the ${name} is on the ${side} of the image.`,
    semantic: [select(scene, name, object), step('verify hposition', asked, 0)],
    types: types('verify', 'attr', asked === side ? 'positionVerify' : 'positionVerifyC'),
    groups: { global: null, local: `06-${name}_${asked}` },
  };
};

/** "Is the circle to the left of the star?" */
export const verifyRelation: GqaForm = (scene, random) => {
  const [a, b] = pickNamed(scene, random, 2, ['shape']) ?? [];
  if (!a || !b) return null;
  const relation = randomChoice(random, RELATIONS);
  const truth = holds(relation, a.object, b.object);
  const words = GQA_RELATION[relation];
  return {
    question: `Is the ${a.name} ${words} the ${b.name}?`,
    answer: yesNo(truth),
    fullAnswer: `${truth ? 'Yes' : 'No'}, the ${a.name} is ${truth ? '' : 'not '}${words} the ${b.name}.`,
    semantic: [
      select(scene, a.name, a.object),
      step('verify rel', reference(scene, `${b.name},${words},o`, b.object), 0),
    ],
    types: types('verify', 'rel', truth ? 'relVerify' : 'relVerifyCo'),
    groups: { global: null, local: `13-${a.name}_${b.name}` },
  };
};

/** "Is the image crowded?": five objects or more are a crowd, three or fewer are not. */
export const verifyCrowded: GqaForm = scene => {
  const count = scene.objects.length;
  if (count === 4) return null;
  const isCrowded = count > 4;
  return {
    question: 'Is the image crowded?',
    answer: yesNo(isCrowded),
    fullAnswer: isCrowded ? 'Yes, the image is crowded.' : 'No, the image is not crowded.',
    semantic: [step('select', 'scene'), step('verify', 'crowded', 0)],
    types: types('verify', 'global', isCrowded ? 'verifyGlobal' : 'verifyGlobalC'),
    groups: { global: null, local: '02-crowded' },
  };
};

/** "Is there a circle or a star?", "Is there a circle and a star?" */
const logical =
  (word: 'and' | 'or'): GqaForm =>
  (scene, random) => {
    const truth = coin(random);
    // One of the two is as the answer needs it; "and" is true, and "or" is false, only when the other is so, too.
    const decided = word === 'and' ? !truth : truth;
    const first = pickShape(scene, random, decided ? coin(random) : truth);
    if (!first) return null;
    const firstIsShown = ofShape(scene, first) !== undefined;
    const secondIsShown = decided && firstIsShown !== truth ? truth : decided ? coin(random) : truth;
    const second = pickShape(scene, random, secondIsShown, first);
    if (!second) return null;
    const both = `${withArticle(first)} ${word} ${withArticle(second)}`;
    return {
      question: `Is there ${both}?`,
      answer: yesNo(truth),
      fullAnswer: truth ? `Yes, there is ${both}.` : `No, there is not ${both}.`,
      semantic: [
        select(scene, first, ofShape(scene, first)),
        step('exist', '?', 0),
        select(scene, second, ofShape(scene, second)),
        step('exist', '?', 2),
        step(word, '', 1, 3),
      ],
      types: types('logical', 'obj', `exist${word === 'and' ? 'And' : 'Or'}${truth ? '' : 'C'}`),
      groups: {
        global: null,
        local: `09exist${word === 'and' ? 'And' : 'Or'}-${[first, second].sort().join('_')}`,
      },
    };
  };

export const existOr = logical('or');
export const existAnd = logical('and');

/** "Are the circle and the star the same color?", where some pair is and some is not, so that neither answer is usual. */
export const sameColor: GqaForm = (scene, random) => {
  const named = namedBy(scene, 'shape');
  const pairs = named.flatMap(a => named.filter(b => a !== b).map(b => [a, b] as const));
  const alike = pairs.filter(([a, b]) => a.object.color === b.object.color);
  const unlike = pairs.filter(([a, b]) => a.object.color !== b.object.color);
  if (alike.length === 0 || unlike.length === 0) return null;
  const truth = coin(random);
  const [a, b] = randomChoice(random, truth ? alike : unlike);
  const both = `the ${a.name} and the ${b.name}`;
  return {
    question: `Are ${both} the same color?`,
    answer: yesNo(truth),
    fullAnswer: truth
      ? `Yes, both ${both} are ${a.object.color}.`
      : `No, the ${a.name} is ${a.object.color} and the ${b.name} is ${b.object.color}.`,
    semantic: [
      select(scene, a.name, a.object),
      select(scene, b.name, b.object),
      step('same color', '', 0, 1),
    ],
    types: types('compare', 'attr', truth ? 'twoSame' : 'twoSameC'),
    groups: { global: null, local: `09same-${[a.name, b.name].sort().join('_')}` },
  };
};

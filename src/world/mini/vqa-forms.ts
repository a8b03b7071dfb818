import { randomChoice } from '../../random.js';
import { extreme, SIDES } from '../scene/relations.js';
import type { SceneObject, Shape } from '../scene/scene.js';
import { coin, type QuestionForm, type WorldQuestion } from './form.js';
import { yesNo } from './gqa-form.js';
import { exist, verifyColor } from './gqa-verify-forms.js';
import { colorOf, countableColors, countableShapes, pickCountable } from './lookup-forms.js';

/** A question with VQAv2's two labels; the question type is the question's first words. */
export interface VqaQuestion extends WorldQuestion {
  readonly questionType: string;
  readonly answerType: 'yes/no' | 'number' | 'other';
}

type VqaForm = QuestionForm<VqaQuestion>;

/** A form of another benchmark, which VQAv2 asks in the same words. */
function labelled(form: QuestionForm, questionType: string, answerType: VqaQuestion['answerType']): VqaForm {
  return (scene, random) => {
    const asked = form(scene, random);
    return asked && { question: asked.question, answer: asked.answer, questionType, answerType };
  };
}

/** "What color is the circle?" */
export const vqaColor = labelled(colorOf, 'what color is the', 'other');

/** "What is on the left?": the object furthest there. */
export const vqaWhat: VqaForm = (scene, random) => {
  const side = randomChoice(random, SIDES);
  const object = extreme(scene.objects, side);
  if (!object) return null;
  return {
    question: `What is on the ${side}?`,
    answer: object.shape,
    questionType: 'what is on the',
    answerType: 'other',
  };
};

/** Area of a shape of radius 1, from its outline (`scene/draw.ts`). */
const AREA: Readonly<Record<Shape, number>> = {
  circle: Math.PI,
  square: 1.76 ** 2,
  triangle: 1.8,
  diamond: 1.5,
  cross: 2 * 2 * 0.7 - 0.7 ** 2,
  star: 5 * 0.42 * Math.sin(Math.PI / 5),
};

/** The biggest object has at least this many times the area of the next. */
const SIZE_RATIO = 1.25;

/** "What is the biggest object?" */
export const vqaBiggest: VqaForm = scene => {
  const area = ({ shape, radius }: SceneObject) => AREA[shape] * radius ** 2;
  const [first, second] = [...scene.objects].sort((a, b) => area(b) - area(a));
  if (!first || !second || area(first) < SIZE_RATIO * area(second)) return null;
  return {
    question: 'What is the biggest object?',
    answer: first.shape,
    questionType: 'what is the',
    answerType: 'other',
  };
};

/** "How many circles are there?", "How many red objects are there?" */
export const vqaCount: VqaForm = (scene, random) => {
  const things = coin(random) ? countableShapes(scene) : countableColors(scene);
  const { plural, count } = pickCountable(random, things);
  return {
    question: `How many ${plural} are there?`,
    answer: String(count),
    questionType: 'how many',
    answerType: 'number',
  };
};

/** "Is the circle red?" */
export const vqaIs = labelled(verifyColor, 'is the', 'yes/no');

/** "Is there a circle?" */
export const vqaIsThere = labelled(exist, 'is there a', 'yes/no');

/** "Are there more circles than squares?" */
export const vqaMore: VqaForm = (scene, random) => {
  const things = countableShapes(scene).filter(({ count }) => count > 0);
  const pairs = things.flatMap(a => things.filter(b => a.count > b.count).map(b => [a, b] as const));
  if (pairs.length === 0) return null;
  const truth = coin(random);
  const [more, fewer] = randomChoice(random, pairs);
  const [first, second] = truth ? [more, fewer] : [fewer, more];
  return {
    question: `Are there more ${first.plural} than ${second.plural}?`,
    answer: yesNo(truth),
    questionType: 'are there',
    answerType: 'yes/no',
  };
};

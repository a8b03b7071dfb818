import { type Random, randomChoice, shuffled } from '../../random.js';
import type { Color, Shape } from '../scene/scene.js';

/** One of the ten answers of VQAv2's annotations. */
export interface AnnotatedAnswer {
  readonly answer: string;
  readonly answer_confidence: 'yes' | 'maybe' | 'no';
  /** 1 to 10. */
  readonly answer_id: number;
}

const ANNOTATORS = 10;

/** How many of them say something else: half of the time nobody does, and the right answer always has full credit. */
const DISSENTERS = [0, 0, 0, 0, 0, 1, 1, 1, 2, 2];

/** What some people say for a colour or shape: another word for it, or what it is easily taken for. */
const OTHER_WORDS: Readonly<Record<Color | Shape, readonly string[]>> = {
  red: ['orange'],
  orange: ['yellow', 'red'],
  yellow: ['gold', 'orange'],
  green: ['blue'],
  blue: ['purple'],
  purple: ['violet', 'blue'],
  circle: ['dot'],
  square: ['box'],
  triangle: ['diamond'],
  diamond: ['rhombus', 'square'],
  cross: ['plus'],
  star: ['cross'],
};

/** Ten answers to a question whose right answer is known: some people miscount, slip, or use another word. */
export function annotate(random: Random, right: string): AnnotatedAnswer[] {
  const dissenters = randomChoice(random, DISSENTERS);
  const answers = Array.from({ length: ANNOTATORS }, (_, i) =>
    i < dissenters ? other(random, right) : right,
  );
  return shuffled(random, answers).map((answer, i) => ({
    answer,
    answer_confidence: answer === right && random() < 0.8 ? 'yes' : randomChoice(random, ['maybe', 'no']),
    answer_id: i + 1,
  }));
}

function other(random: Random, right: string): string {
  if (right === 'yes') return 'no';
  if (right === 'no') return 'yes';
  if (/^\d+$/.test(right)) return String(Math.max(0, Number(right) + randomChoice(random, [-1, 1])));
  return randomChoice(random, OTHER_WORDS[right as Color | Shape]);
}

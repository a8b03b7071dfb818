import { type Random, randomChoice, randomInt, shuffled } from '../../random.js';
import { holds } from '../scene/relations.js';
import { pickNamed, type QuestionForm, type WorldQuestion } from './form.js';
import { countableColors, countableShapes, pickCountable } from './lookup-forms.js';

/** A lettered question: `question` is the prompt with its choices, `answer` the letter alone. */
export interface CvBenchQuestion extends WorldQuestion {
  readonly task: 'Count' | 'Relation';
  /** The question without its choices. */
  readonly stem: string;
  readonly choices: readonly string[];
}

const LETTERS = 'ABCDEF';

/** The benchmark's own wording: "… Select from the following choices.", then a line for each choice. */
function lettered(
  task: CvBenchQuestion['task'],
  stem: string,
  choices: readonly string[],
  right: string,
): CvBenchQuestion {
  const lines = choices.map((choice, i) => `(${LETTERS[i]}) ${choice}`);
  return {
    question: `${stem} Select from the following choices.\n${lines.join('\n')}`,
    answer: LETTERS[choices.indexOf(right)]!,
    task,
    stem,
    choices,
  };
}

const COUNT_CHOICES = 4;

/** "How many circles are in the image?" with four numbers in a row, in random order. */
export const cvCount: QuestionForm<CvBenchQuestion> = (scene, random) => {
  const things = randomChoice(random, [
    countableShapes(scene),
    countableColors(scene),
    [{ plural: 'objects', count: scene.objects.length }],
  ]);
  const { plural, count } = pickCountable(random, things);
  return lettered(
    'Count',
    `How many ${plural} are in the image?`,
    numbersAround(random, count),
    String(count),
  );
};

/** Four numbers from 0 to 6 in a row with `count` among them, at no place in the row more often than chance. */
function numbersAround(random: Random, count: number): string[] {
  const most = 6;
  const starts = Array.from({ length: most - COUNT_CHOICES + 2 }, (_, start) => start).filter(
    start => start <= count && count < start + COUNT_CHOICES,
  );
  const start = starts[randomInt(random, starts.length)]!;
  return shuffled(
    random,
    Array.from({ length: COUNT_CHOICES }, (_, i) => String(start + i)),
  );
}

const DIRECTIONS = [
  { relation: 'left of', choices: ['left', 'right'] },
  { relation: 'above', choices: ['above', 'below'] },
] as const;

/** "Considering the relative positions of the circle and the square in the image provided, where is …" */
export const cvRelation: QuestionForm<CvBenchQuestion> = (scene, random) => {
  const [a, b] = pickNamed(scene, random, 2, ['shape', 'shape_color']) ?? [];
  if (!a || !b) return null;
  const { relation, choices } = randomChoice(random, DIRECTIONS);
  return lettered(
    'Relation',
    `Considering the relative positions of the ${a.name} and the ${b.name} in the image provided, ` +
      `where is the ${a.name} located with respect to the ${b.name}?`,
    shuffled(random, choices),
    holds(relation, a.object, b.object) ? choices[0] : choices[1],
  );
};

/** The choice that a letter stands for. */
export const choiceOf = (choices: readonly string[], letter: string): string =>
  choices[LETTERS.indexOf(letter)]!;

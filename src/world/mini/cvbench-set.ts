import { seededRandom } from '../../random.js';
import type { Scene } from '../scene/scene.js';
import { balancedQuestions, type EvenKeys } from './balanced-questions.js';
import * as forms from './cvbench-forms.js';
import { type CvBenchRow, cvBenchParquet } from './cvbench-parquet.js';
import { type BlindSide, guesserScores, languageOnlyGuesser } from './guesser.js';
import type { MiniOptions } from './options.js';
import { type TestSet, testScenes } from './test-set.js';

/** The two sources, which differ in crowding as the benchmark's ADE20K and COCO do in theirs. */
const SOURCES = [
  { source: 'sparse', objects: [2, 4] },
  { source: 'crowded', objects: [4, 6] },
] as const;

const FORMS = { Count: forms.cvCount, Relation: forms.cvRelation };

/** Of each source and task. */
const IMAGES = 50;
const QUESTIONS_PER_IMAGE = 4;

const blindSide: BlindSide<forms.CvBenchQuestion> = ({ stem, choices, answer }) => ({
  text: stem,
  choices,
  answer: forms.choiceOf(choices, answer),
});

/** A CV-Bench (2D) of the mini world: test_2d.parquet, test_2d.jsonl and img/. */
export function cvbenchSet(options: MiniOptions, world: readonly Scene[]): TestSet {
  const random = seededRandom(options.seed, 'mini cvbench');
  const groups = SOURCES.flatMap(({ source, objects }) =>
    Object.entries(FORMS).map(([task, form]) => {
      const scenes = testScenes(`cvbench ${source} ${task}`, IMAGES, options, { objects });
      const filename = (image: number) => `img/2D/${task.toLowerCase()}/${source}_${image}.jpg`;
      const asked = balancedQuestions(random, scenes, { [task]: form }, QUESTIONS_PER_IMAGE, evenKeys);
      const pictures = scenes.map((scene, i) => ({ path: filename(i), scene }));
      return { pictures, questions: asked.map(one => ({ ...one, source, filename: filename(one.image) })) };
    }),
  );
  const questions = groups.flatMap(group => group.questions);
  const rows = questions.map(({ question, source, filename }, i) => rowOf(i, question, source, filename));
  const guess = languageOnlyGuesser(world, FORMS, blindSide);
  return {
    pictures: groups.flatMap(group => group.pictures),
    files: { 'test_2d.jsonl': rows.map(row => `${JSON.stringify(row)}\n`).join('') },
    filesWithImages: async imageAt => ({ 'test_2d.parquet': await cvBenchParquet(rows, imageAt) }),
    questions: rows.length,
    guesser: guesserScores(
      questions.map(({ question, kind }) => {
        const { answer, ...blind } = blindSide(question);
        return { group: kind, score: guess({ kind, ...blind }) === answer ? 1 : 0 };
      }),
    ),
  };
}

/** Even answers in words, then even letters, then even answers to one and the same question. */
const evenKeys: EvenKeys<forms.CvBenchQuestion> = ({ stem, choices, answer }) => {
  const words = forms.choiceOf(choices, answer);
  return [words, answer, `${stem} ${words}`];
};

const rowOf = (
  idx: number,
  { task, stem, choices, answer, question }: forms.CvBenchQuestion,
  source: string,
  filename: string,
): CvBenchRow => ({
  idx,
  type: '2D',
  task,
  question: stem,
  choices,
  answer: `(${answer})`,
  prompt: question,
  filename,
  source,
  source_dataset: `mini world, ${source}`,
  source_filename: null,
  target_class: null,
  target_size: null,
  bbox: null,
});

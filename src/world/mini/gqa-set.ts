import { seededRandom } from '../../random.js';
import type { Scene } from '../scene/scene.js';
import { balancedQuestions } from './balanced-questions.js';
import type { GqaQuestion } from './gqa-form.js';
import * as queryForms from './gqa-query-forms.js';
import * as verifyForms from './gqa-verify-forms.js';
import { guesserScores, languageOnlyGuesser } from './guesser.js';
import type { MiniOptions } from './options.js';
import { padded, type TestSet, testScenes } from './test-set.js';

const IMAGES = 120;
const QUESTIONS_PER_IMAGE = 12;

const FORMS = { ...verifyForms, ...queryForms };

/** A GQA of the mini world: the official JSON of testdev_balanced, and its images. */
export function gqaSet(options: MiniOptions, world: readonly Scene[]): TestSet {
  const random = seededRandom(options.seed, 'mini gqa');
  const scenes = testScenes('gqa', IMAGES, options);
  const asked = balancedQuestions<GqaQuestion>(random, scenes, FORMS, QUESTIONS_PER_IMAGE);
  const records = asked.map(({ image, question }, i) => {
    const first = asked.findIndex(other => other.image === image);
    return [`${image + 1}${padded(i - first, 4)}`, recordOf(imageName(image), question)] as const;
  });
  const guess = languageOnlyGuesser<GqaQuestion>(world, FORMS);
  return {
    pictures: scenes.map((scene, i) => ({ path: `images/${imageName(i)}.jpg`, scene })),
    files: {
      'questions/testdev_balanced_questions.json': JSON.stringify(
        Object.fromEntries(records.map(([id, record]) => [id, { ...record, equivalent: [id] }])),
      ),
    },
    questions: asked.length,
    guesser: guesserScores(
      asked.map(({ kind, question }) => ({
        group: question.types.structural,
        score: guess({ kind, text: question.question }) === question.answer ? 1 : 0,
      })),
    ),
  };
}

/** GQA's names of images that are not Visual Genome's begin with an n. */
const imageName = (image: number): string => `n${100_001 + image}`;

/** All fields of GQA's question files; `entailed`, which only its consistency score needs, is left empty. */
function recordOf(imageId: string, { question, answer, fullAnswer, semantic, types, groups }: GqaQuestion) {
  return {
    semantic,
    entailed: [],
    question,
    imageId,
    isBalanced: true,
    groups,
    answer,
    semanticStr: semantic
      .map(
        ({ operation, argument, dependencies }) =>
          `${operation}: ${argument}${dependencies.length > 0 ? ` [${dependencies.join(', ')}]` : ''}`,
      )
      .join('->'),
    annotations: {
      answer: {},
      question: mentions(question, semantic),
      fullAnswer: mentions(fullAnswer, semantic),
    },
    types,
    fullAnswer,
  };
}

/** Which word of a text names which object of the scene: word number → object number. */
function mentions(text: string, semantic: GqaQuestion['semantic']): Record<string, string> {
  const words = text.replace(/[?.,]/g, '').split(' ');
  const found = semantic.flatMap(({ argument }) => {
    const [, name, id] = /^(\w+)[^(]* \((\d+)\)$/.exec(argument) ?? [];
    const place = name === undefined ? -1 : words.indexOf(name);
    return place < 0 ? [] : [[String(place), id!] as const];
  });
  return Object.fromEntries(found);
}

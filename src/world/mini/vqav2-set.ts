import { seededRandom } from '../../random.js';
import { vqaAccuracy } from '../../scorers/vqa.js';
import type { Scene } from '../scene/scene.js';
import { type AnnotatedAnswer, annotate } from './annotators.js';
import { balancedQuestions } from './balanced-questions.js';
import { guesserScores, languageOnlyGuesser } from './guesser.js';
import type { MiniOptions } from './options.js';
import { padded, type TestSet, testScenes } from './test-set.js';
import * as forms from './vqa-forms.js';

const IMAGES = 150;
const QUESTIONS_PER_IMAGE = 7;

const DESCRIPTION = {
  info: { description: 'VQA questions of the vlm-spatial mini world', version: '2.0', year: 2014 },
  license: { name: 'generated: no rights reserved', url: '' },
  data_type: 'mscoco',
  data_subtype: 'val2014',
};

/** A VQAv2 of the mini world: the official pair of JSON files for val2014, and its images. */
export function vqav2Set(options: MiniOptions, world: readonly Scene[]): TestSet {
  const random = seededRandom(options.seed, 'mini vqav2');
  const scenes = testScenes('vqav2', IMAGES, options);
  const asked = balancedQuestions<forms.VqaQuestion>(random, scenes, forms, QUESTIONS_PER_IMAGE);
  const numbered = asked.map(({ image, kind, question }, i) => {
    const first = asked.findIndex(other => other.image === image);
    const image_id = image + 1;
    return {
      kind,
      question,
      image_id,
      question_id: 1000 * image_id + (i - first),
      answers: annotate(random, question.answer),
    };
  });
  const questions = numbered.map(({ image_id, question_id, question }) => ({
    image_id,
    question: question.question,
    question_id,
  }));
  const annotations = numbered.map(({ image_id, question_id, question, answers }) => ({
    question_type: question.questionType,
    multiple_choice_answer: mostFrequent(answers),
    answers,
    image_id,
    answer_type: question.answerType,
    question_id,
  }));
  const guess = languageOnlyGuesser<forms.VqaQuestion>(world, forms);
  return {
    pictures: scenes.map((scene, i) => ({ path: `val2014/COCO_val2014_${padded(i + 1, 12)}.jpg`, scene })),
    files: {
      'v2_OpenEnded_mscoco_val2014_questions.json': JSON.stringify({
        ...DESCRIPTION,
        task_type: 'Open-Ended',
        questions,
      }),
      'v2_mscoco_val2014_annotations.json': JSON.stringify({ ...DESCRIPTION, annotations }),
    },
    questions: questions.length,
    guesser: guesserScores(
      numbered.map(({ kind, question, answers }) => ({
        group: question.answerType,
        score: vqaAccuracy(
          guess({ kind, text: question.question }),
          answers.map(({ answer }) => answer),
        ),
      })),
    ),
  };
}

function mostFrequent(answers: readonly AnnotatedAnswer[]): string {
  const count = (answer: string) => answers.filter(other => other.answer === answer).length;
  return answers.reduce(
    (best, { answer }) => (count(answer) > count(best) ? answer : best),
    answers[0]!.answer,
  );
}

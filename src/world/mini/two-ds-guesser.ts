import { generateTwoDs } from '../2ds/generate.js';
import type { TwoDsOptions } from '../2ds/options.js';
import type { Scene } from '../scene/scene.js';
import type { QuestionForm } from './form.js';
import { type GuesserScores, guesserScores, languageOnlyGuesser } from './guesser.js';
import { absolute, relativeOpen, relativeYesNo } from './spatial-forms.js';

const FORMS: Readonly<Record<string, QuestionForm>> = {
  'color.abs': absolute('color'),
  'shape.abs': absolute('shape'),
  'shape_color.abs': absolute('shape_color'),
  'color.rel open': relativeOpen('color'),
  'shape.rel open': relativeOpen('shape'),
  'shape_color.rel open': relativeOpen('shape_color'),
  'color.rel yes/no': relativeYesNo('color'),
  'shape.rel yes/no': relativeYesNo('shape'),
  'shape_color.rel yes/no': relativeYesNo('shape_color'),
};

/** What the best guesser without the image scores on a generated 2DS, per category. */
export function guessTwoDs(options: TwoDsOptions, scenes: readonly Scene[]): GuesserScores {
  const guess = languageOnlyGuesser(scenes, FORMS);
  const pairs = [...generateTwoDs(options)].flatMap(({ qaPairs }) => qaPairs);
  return guesserScores(
    pairs.map(({ question, answer, qa_category }) => {
      const form = answer === 'yes' || answer === 'no' ? 'yes/no' : 'open';
      const kind = qa_category.endsWith('.rel') ? `${qa_category} ${form}` : qa_category;
      return { group: qa_category, score: guess({ kind, text: question }) === answer ? 1 : 0 };
    }),
  );
}

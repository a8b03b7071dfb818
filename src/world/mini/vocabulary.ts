import { COLORS, SHAPES } from '../scene/scene.js';
import { pluralOf } from './form.js';

/** The words of all questions, captions, choices and answers besides colours, shapes and numbers, by where they come from. */
const WORDS = [
  '? , . : ( ) a an the is are there what which where how many of in on at from to or and no yes',
  'color shape object objects image list left right top bottom middle above below further',
  'b c d select following choices considering relative positions provided located with respect',
  'same crowded sparse side kind more than biggest describe',
  '0 1 2 3 4 5 6',
  // What single annotators of the VQA questions say.
  'gold violet dot box rhombus plus 7',
];

/**
 * Every word that a text of the mini world can contain, once each: lower-cased, and split as the pattern
 * `\w+|[^\w\s]+` splits (the `Whitespace` pre-tokenizer of Hugging Face's tokenizers).
 */
export const worldVocabulary = (): string[] => [
  ...WORDS.flatMap(words => words.split(' ')),
  ...COLORS,
  ...SHAPES,
  ...SHAPES.map(pluralOf),
];

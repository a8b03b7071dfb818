import type { Sample } from './types.js';

/** What LLaVA's scripts put after a question with lettered choices. */
export const BY_LETTER = "Answer with the option's letter from the given choices directly.";

/** The expected score of who takes any of a question's choices. */
export const chanceOfChoices = (samples: readonly Sample[]): number =>
  samples.reduce((sum, { choices = [] }) => sum + 1 / choices.length, 0) / samples.length;

/** `A`, `B`, … by its place from 0. */
const letter = (place: number): string => String.fromCharCode(65 + place);

/** The letter of a choice as CV-Bench writes the right one: `(C)`. */
export const goldLetter = (place: number): string => `(${letter(place)})`;

/** A question with its choices below it, lettered as `form` says: `(A) a cup`, `A. a cup`. */
export const withChoices = (
  question: string,
  choices: readonly string[],
  form: (letter: string, choice: string) => string,
): string => [question, ...choices.map((choice, i) => form(letter(i), choice))].join('\n');

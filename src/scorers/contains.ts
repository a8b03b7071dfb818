import type { Scorer } from './types.js';

/** Lower-case words of letters, marks and digits; everything between them is one space. */
const words = (text: string): string =>
  ` ${text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ')
    .trim()} `;

/** Right when the output contains an accepted answer as whole words, whatever the case and punctuation. */
export const contains: Scorer = (output, { targets }) => {
  const answer = words(output);
  const found = targets.some(target => words(target).trim() !== '' && answer.includes(words(target)));
  return { answer: answer.trim(), score: found ? 1 : 0 };
};

import { pythonStrip } from './python-text.js';
import type { Scorer } from './types.js';

const LEADS = ['answer is', 'answer is:', 'answer:'];

/**
 * CV-Bench's rule (cambrian, `coco_test.py` and `ade_test.py`): the text after "answer is" or "answer:", without closing
 * periods and brackets, in lower case; its first character is the letter. It is graded against the letter of the gold
 * `(C)`; a bare `C` is read alike.
 */
export const choice: Scorer = (output, { targets }) => {
  const answer = letter(output);
  return { answer, score: targets.some(target => goldLetter(target) === answer) ? 1 : 0 };
};

function letter(output: string): string {
  const text = afterLead(output).replace(/\.+$/, '').replace(/^\(+/, '').replace(/\)+$/, '');
  const [first = ''] = text; // by code point, as Python indexes
  return first;
}

/**
 * MMVP's rule (cambrian, `mmvp_test.py`): the text after "answer is" or "answer:" in lower case, without closing periods, colons,
 * commas and brackets, must be the gold letter or the whole text of its choice.
 */
export const option: Scorer = (output, { targets, choices = [] }) => {
  const answer = afterLead(output)
    .replace(/[.:,]+$/, '')
    .replace(/^\(+/, '')
    .replace(/\)+$/, '');
  const right = targets.some(target => {
    const gold = goldLetter(target);
    return answer === gold || answer === choices[gold.charCodeAt(0) - 97]?.toLowerCase();
  });
  return { answer, score: right ? 1 : 0 };
};

/** What follows the last of the phrases that lead up to an answer, in lower case. */
function afterLead(output: string): string {
  let text = pythonStrip(output.toLowerCase());
  for (const lead of LEADS) text = text.slice(text.includes(lead) ? text.lastIndexOf(lead) + lead.length : 0);
  return pythonStrip(text);
}

const goldLetter = (gold: string): string => gold.toLowerCase().replace(/^\(/, '').charAt(0);

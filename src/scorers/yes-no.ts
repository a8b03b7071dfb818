import type { Scorer } from './types.js';

/**
 * POPE's rule (`evaluate.py`, and LLaVA's `eval_pope.py`): of the text before the first period, without commas and split
 * at spaces, the words `No`, `not` and `no` mean no; anything else, an empty output included, means yes.
 */
export const yesNo: Scorer = (output, { targets }) => {
  const [sentence = ''] = output.split('.');
  const words = sentence.replaceAll(',', '').split(' ');
  const answer = words.some(word => word === 'No' || word === 'not' || word === 'no') ? 'no' : 'yes';
  return { answer, score: targets.some(target => target.toLowerCase() === answer) ? 1 : 0 };
};

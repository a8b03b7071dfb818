import type { Scorer } from './types.js';

/**
 * GQA's exact match as LLaVA runs it (`convert_gqa_for_eval.py`, then GQA's own `eval.py`): the output without its final
 * periods, in lower case, equals the answer. Answers are compared in lower case too, which GQA's are already.
 */
export const exact: Scorer = (output, { targets }) => {
  const answer = output.replace(/\.+$/, '').toLowerCase();
  return { answer, score: targets.some(target => target.toLowerCase() === answer) ? 1 : 0 };
};

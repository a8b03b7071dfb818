import { pythonStrip } from './python-text.js';
import type { Scorer } from './types.js';
import { normaliseVqa } from './vqa-normalise.js';

const onOneLine = (text: string): string => pythonStrip(text.replaceAll('\n', ' ').replaceAll('\t', ' '));

/**
 * VQA accuracy of one answer (GT-Vision-Lab/VQA, `vqaEval.py`): the mean over the annotators of min(1, m / 3), m the
 * number of the *other* annotators who gave that answer. Both sides are normalised only when the annotators disagree.
 *
 * @param answer the answer as submitted
 * @param annotators all annotators' answers, ten in VQAv2; fewer than four can never give 1
 * @returns accuracy in [0, 1]; NaN without annotators (the test splits' answers are not published)
 */
export function vqaAccuracy(answer: string, annotators: readonly string[]): number {
  let given = onOneLine(answer);
  let truths = annotators.map(onOneLine);
  if (new Set(truths).size > 1) {
    given = normaliseVqa(given);
    truths = truths.map(normaliseVqa);
  }
  return vqaAccuracyOf(given, truths);
}

/** The same of texts that are normalised as far as they are to be. */
export function vqaAccuracyOf(given: string, truths: readonly string[]): number {
  const matches = truths.filter(truth => truth === given).length;
  const credits = truths.map(truth => Math.min(1, (truth === given ? matches - 1 : matches) / 3));
  return credits.reduce((sum, credit) => sum + credit, 0) / truths.length;
}

/**
 * The answer that LLaVA submits for an output (`EvalAIAnswerProcessor` in its `m4c_evaluator.py`): commas and question
 * marks out, `'s` set apart, then the official normaliser.
 */
export function evalAiAnswer(output: string): string {
  const words = output.toLowerCase().replaceAll(',', '').replaceAll('?', '').replaceAll("'s", " 's");
  return normaliseVqa(onOneLine(pythonStrip(words)));
}

/** VQA accuracy as LLaVA's pipeline gets it: the submitted answer, graded by the official evaluation. */
export const vqa: Scorer = (output, { targets }) => {
  const answer = evalAiAnswer(output);
  return { answer, score: vqaAccuracy(answer, targets) };
};

/** One line of the JSON array that the EvalAI server takes for VQAv2. */
export interface VqaSubmissionLine {
  readonly question_id: number;
  readonly answer: string;
}

/**
 * The EvalAI submission for a VQAv2 test split: one line a question of the split, '' for a question without an output
 * (the server refuses a file that lacks questions; LLaVA's `convert_vqav2_for_submission.py` fills the same way).
 */
export function vqaSubmission(
  questionIds: Iterable<string>,
  outputs: ReadonlyMap<string, string>,
): VqaSubmissionLine[] {
  return Array.from(questionIds, id => ({
    question_id: Number(id),
    answer: evalAiAnswer(outputs.get(id) ?? ''),
  }));
}

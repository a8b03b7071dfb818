import { pythonStrip } from './python-text.js';
import type { Metric, ScoredRow, Scorer } from './types.js';
import { vqaAccuracyOf } from './vqa.js';
import { normaliseVqa } from './vqa-normalise.js';

/** VQAv2 in lmms-eval (`vqav2_process_results`): both sides are normalised whether or not the annotators agree. */
const vqa: Scorer = (output, { targets }) => {
  const onOneLine = (text: string) => pythonStrip(text.replaceAll('\n', ' ').replaceAll('\t', ' '));
  const answer = normaliseVqa(onOneLine(output));
  return { answer, score: vqaAccuracyOf(answer, targets.map(onOneLine).map(normaliseVqa)) };
};

/** POPE in lmms-eval (`pope_process_results`): the output, in lower case, must be the bare word. */
const pope: Scorer = (output, { targets }) => {
  const answer = pythonStrip(output.toLowerCase());
  const right = targets.some(target => pythonStrip(target.toLowerCase()) === answer);
  return { answer, score: right ? 1 : 0 };
};

/** Python's `string.punctuation`. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;

/** NumPy's lower case of one text, which it keeps at its length: of a letter that becomes two (İ) the text loses its end. */
const numpyLower = (text: string): string => [...text.toLowerCase()].slice(0, [...text].length).join('');

/** GQA in lmms-eval (`exact_match`, case and punctuation ignored). */
const gqa: Scorer = (output, { targets }) => {
  const plain = (text: string) => numpyLower(text).replaceAll(PUNCTUATION, '');
  const answer = plain(output);
  return { answer, score: targets.some(target => plain(target) === answer) ? 1 : 0 };
};

/** POPE's figures in lmms-eval: an answer that is neither word counts in no figure but accuracy; the yes-ratio is that of the labels. */
function popeMetrics(rows: readonly ScoredRow[]): Metric[] {
  const gold = (word: string) => (row: ScoredRow) =>
    row.targets.some(target => pythonStrip(target.toLowerCase()) === word);
  const count = (said: string, truth: string) =>
    rows.filter(row => row.answer === said && gold(truth)(row)).length;
  const [hits, wrongly, missed] = [count('yes', 'yes'), count('yes', 'no'), count('no', 'yes')];
  const over = (part: number, whole: number) => (whole > 0 ? part / whole : 0);
  const [precision, recall] = [over(hits, hits + wrongly), over(hits, hits + missed)];
  const figures = {
    accuracy: over(
      rows.reduce((sum, { score }) => sum + score, 0),
      rows.length,
    ),
    precision,
    recall,
    f1: over(2 * precision * recall, precision + recall),
    'yes-ratio': over(rows.filter(gold('yes')).length, rows.length),
  };
  return Object.entries(figures).map(([name, value]) => ({ name, slice: '', value, n: rows.length }));
}

/** What lmms-eval grades by another rule than the benchmark's own evaluation, by benchmark; tested against its code. */
export const lmmsEval: Readonly<
  Record<
    string,
    { readonly scorer: Scorer; readonly metrics?: (rows: readonly ScoredRow[]) => readonly Metric[] }
  >
> = { vqav2: { scorer: vqa }, pope: { scorer: pope, metrics: popeMetrics }, gqa: { scorer: gqa } };

/** The name of that set of rules, beside the names of scorers. */
export const LMMS_EVAL = 'lmms-eval';

import { meaning, type WordKind, words } from './answer-words.js';
import type { Scorer } from './types.js';

/**
 * Grades short free-form answers by rule, for questions whose target is yes or no, a colour, a shape, a colour
 * and a shape, a number, or a short phrase.
 *
 * Case, punctuation, articles and synonyms (disc, box, rhombus, violet, …) do not matter, nor does the sentence
 * around the answer ("The color is red."). Yes or no counts when the answer begins with it. Of colours, shapes
 * and numbers exactly the target's must be asserted: "red or blue" is wrong for red, and so is "not red"; a
 * part of the question that is said again ("Red is above the blue object") does not count.
 */
export const shortAnswer: Scorer = (output, { question, targets }) => {
  const parsed = targets.map(target => {
    const answer = parse(output, question, target);
    return { answer, score: answer !== '' && answer === parse(target, question, target) ? 1 : 0 };
  });
  return parsed.find(({ score }) => score === 1) ?? parsed[0] ?? { answer: '', score: 0 };
};

/** What `text` says, as far as it is of the target's kind; '' when it says nothing of that kind. */
function parse(text: string, question: string, target: string): string {
  const targetWords = words(target);
  if (targetWords.length === 1 && isYesNo(targetWords[0]!)) return leadingYesNo(text);
  const kinds = kindsOf(targetWords);
  if (kinds.length === 0) return withoutLead(words(text), LEADS).join(' ');
  const asserted = assertedClauses(text, question);
  const said = kinds.map(kind => [...new Set(asserted.flatMap(word => meaning(kind, word) ?? []))].sort());
  return said.every(of => of.length > 0) ? said.map(of => of.join(' or ')).join(' ') : '';
}

/** What merely introduces a phrase. */
const LEADS = [['answer', 'is'], ['answer'], ['it', 'is'], ['there', 'is'], ['there', 'are']];

const isYesNo = (word: string) => word === 'yes' || word === 'no';

function leadingYesNo(text: string): string {
  const [first, second, third] = withoutLead(words(text), [['answer', 'is'], ['answer']]);
  if (first === undefined || !isYesNo(first)) return '';
  return second === 'or' && third !== undefined && isYesNo(third) ? `${first} or ${third}` : first;
}

/** The kinds of word that a target consists of; none when it holds other words: then it is a phrase. */
function kindsOf(target: readonly string[]): WordKind[] {
  const nouns = new Set(['object', 'objects', 'one', 'color', 'colour', 'shape']);
  const kinds = (['color', 'shape'] as const).filter(kind => target.some(word => meaning(kind, word)));
  const isPlain = (word: string) => nouns.has(word) || kinds.some(kind => meaning(kind, word));
  if (kinds.length > 0) return target.every(isPlain) && hasOneOfEach(target, kinds) ? kinds : [];
  return target.length === 1 && meaning('number', target[0]!) ? ['number'] : [];
}

const hasOneOfEach = (target: readonly string[], kinds: readonly WordKind[]) =>
  kinds.every(kind => target.filter(word => meaning(kind, word)).length === 1);

const NEGATIONS = new Set(['not', 'no', 'nor', 'neither', 'never', 'without']);

/**
 * The words of the clauses up to their negation, if any: "red, not blue" asserts red alone. What the question
 * said after its "is" ("above the blue object") is left out, and so is the background's colour.
 */
function assertedClauses(text: string, question: string): string[] {
  const echo = words(/^(?:what|which)\b.*?\b(?:is|are|lies)\b(.*)$/is.exec(question)?.[1] ?? '');
  return text.split(/[.,;:!?\n]|\bbut\b/i).flatMap(clause => {
    const said = without(words(clause), echo).filter((_, i, all) => all[i + 1] !== 'background');
    const negation = said.findIndex(word => NEGATIONS.has(word));
    return negation < 0 ? said : said.slice(0, negation);
  });
}

/** `list` without the first place where `part` stands in it. */
function without(list: readonly string[], part: readonly string[]): string[] {
  const at = list.findIndex((_, i) => part.length > 0 && part.every((word, j) => list[i + j] === word));
  return at < 0 ? [...list] : [...list.slice(0, at), ...list.slice(at + part.length)];
}

/** Words without the first of `leads` that they begin with. */
function withoutLead(list: readonly string[], leads: readonly (readonly string[])[]): readonly string[] {
  const found = leads.find(lead => lead.every((word, i) => list[i] === word));
  return found ? list.slice(found.length) : list;
}

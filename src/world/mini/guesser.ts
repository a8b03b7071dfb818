import { seededRandom } from '../../random.js';
import type { Scene } from '../scene/scene.js';
import type { QuestionForm, WorldQuestion } from './form.js';

/** A question as a guesser without the image sees it. */
interface Blind {
  /** The form it comes from. */
  readonly kind: string;
  /** The question without its choices. */
  readonly text: string;
  /** What may be answered; undefined where the answer is free. */
  readonly choices?: readonly string[] | undefined;
}

/** Answers a question from its words alone. */
export type Guesser = (question: Blind) => string;

type Counts = Map<string, number>;

/** What the guesser makes of a form's question: its blind side, and the answer in words. */
export type BlindSide<Q extends WorldQuestion> = (question: Q) => Omit<Blind, 'kind'> & { answer: string };

/**
 * The best guesser without the image: it gives the answer that was most frequent for the same words among the
 * questions the forms ask of `scenes`, and for words it has not met the form's most frequent answer.
 * @param blindSide by default the question's words, and its answer
 */
export function languageOnlyGuesser<Q extends WorldQuestion>(
  scenes: readonly Scene[],
  forms: Readonly<Record<string, QuestionForm<Q>>>,
  blindSide: BlindSide<Q> = ({ question, answer }) => ({ text: question, answer }),
): Guesser {
  const byText = new Map<string, Counts>();
  const byKind = new Map<string, Counts>();
  const note = (table: Map<string, Counts>, key: string, answer: string) => {
    const counts = table.get(key) ?? new Map<string, number>();
    table.set(key, counts.set(answer, (counts.get(answer) ?? 0) + 1));
  };
  for (const [kind, form] of Object.entries(forms)) {
    const random = seededRandom('mini guesser', kind);
    for (const scene of scenes) {
      const question = form(scene, random);
      if (!question) continue;
      const { text, answer } = blindSide(question);
      note(byText, text, answer);
      note(byKind, kind, answer);
    }
  }
  return ({ kind, text, choices }) => {
    const counts = byText.get(text) ?? byKind.get(kind) ?? new Map<string, number>();
    const answers = choices ?? [...counts.keys()];
    return answers.reduce(
      (best, answer) => ((counts.get(answer) ?? 0) > (counts.get(best) ?? 0) ? answer : best),
      answers[0] ?? '',
    );
  };
}

/** A question with the guesser's score on it, and the group it is reported in. */
export interface Guess {
  readonly group: string;
  readonly score: number;
}

/** Mean scores in percent, with two decimals. */
export interface GuesserScores {
  readonly overall: number;
  readonly groups: Readonly<Record<string, number>>;
}

/** Means of the guesses, of all and of each group; groups in alphabetical order. */
export function guesserScores(guesses: readonly Guess[]): GuesserScores {
  const percent = (of: readonly Guess[]) =>
    Number(((100 * of.reduce((sum, { score }) => sum + score, 0)) / of.length).toFixed(2));
  const groups = [...new Set(guesses.map(({ group }) => group))].sort();
  return {
    overall: percent(guesses),
    groups: Object.fromEntries(
      groups.map(group => [group, percent(guesses.filter(guess => guess.group === group))]),
    ),
  };
}

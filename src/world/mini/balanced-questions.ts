import { type Random, shuffled } from '../../random.js';
import type { Scene } from '../scene/scene.js';
import type { QuestionForm, WorldQuestion } from './form.js';

/** A question on one scene of a list. */
export interface Asked<Q extends WorldQuestion> {
  /** The scene's place in the list. */
  readonly image: number;
  /** The form it comes from. */
  readonly kind: string;
  readonly question: Q;
}

/** What is to be even among a form's questions, the most important first. */
export type EvenKeys<Q extends WorldQuestion> = (question: Q) => readonly [string, ...string[]];

/** How often a form is tried on a scene: enough for most of what it can ask there. */
const DRAWS = 16;

/**
 * Up to `perImage` questions on each scene, no two alike, ordered by scene. Forms take turns, so that they are
 * equally frequent; at its turn a form asks for the answer that it got least often so far, wherever a scene gives
 * it, and among these the question that got this answer least often. Forms with two answers are trimmed to
 * exactly as many of each.
 *
 * @param keysOf by default a question's answer, then its answer to this very question
 */
export function balancedQuestions<Q extends WorldQuestion>(
  random: Random,
  scenes: readonly Scene[],
  forms: Readonly<Record<string, QuestionForm<Q>>>,
  perImage: number,
  keysOf: EvenKeys<Q> = ({ question, answer }) => [answer, `${question} ${answer}`],
): Asked<Q>[] {
  const onImage = scenes.map(() => new Set<string>());
  const isFree = ({ image, question }: Asked<Q>) =>
    onImage[image]!.size < perImage && !onImage[image]!.has(question.question);
  const pickers = shuffled(random, Object.keys(forms)).map(kind => {
    const candidates = scenes.flatMap((scene, image) => {
      const found = new Map<string, Q>();
      for (let draw = 0; draw < DRAWS; draw++) {
        const question = forms[kind]!(scene, random);
        if (question) found.set(question.question, question);
      }
      return [...found.values()].map((question): Asked<Q> => ({ image, kind, question }));
    });
    return evenPicker(shuffled(random, candidates), ({ question }) => keysOf(question));
  });
  const asked: Asked<Q>[] = [];
  for (let before = -1; before < asked.length; ) {
    before = asked.length;
    for (const pick of pickers) {
      const one = pick(isFree, ({ image }) => onImage[image]!.size);
      if (!one) continue;
      onImage[one.image]!.add(one.question.question);
      asked.push(one);
    }
  }
  return withoutSurplus(asked).sort((a, b) => a.image - b.image);
}

/**
 * Picks from a pool, one at a time, what is free and has its first key used least so far; among equals its second,
 * and so on; then what has the least load; then what comes first.
 */
function evenPicker<T>(pool: readonly T[], keysOf: (element: T) => readonly string[]) {
  const used = new Map<string, number>();
  const ranked = pool.map(element => ({ element, keys: keysOf(element).map((key, i) => `${i} ${key}`) }));
  return (isFree: (element: T) => boolean, loadOf: (element: T) => number): T | undefined => {
    let best: { element: T; keys: string[]; rank: number[] } | undefined;
    for (const { element, keys } of ranked) {
      if (!isFree(element)) continue;
      const rank = [...keys.map(key => used.get(key) ?? 0), loadOf(element)];
      if (best === undefined || comesBefore(rank, best.rank)) best = { element, keys, rank };
    }
    for (const key of best?.keys ?? []) used.set(key, (used.get(key) ?? 0) + 1);
    return best?.element;
  };
}

/** Whether the first number in which two lists of equal length differ is smaller in the first one. */
function comesBefore(a: readonly number[], b: readonly number[]): boolean {
  const i = a.findIndex((value, at) => value !== b[at]);
  return i >= 0 && a[i]! < b[i]!;
}

/** Drops the last questions of the more frequent answer of every form that has two. */
function withoutSurplus<Q extends WorldQuestion>(asked: readonly Asked<Q>[]): Asked<Q>[] {
  const counts = new Map<string, Map<string, number>>();
  for (const { kind, question } of asked) {
    const answers = counts.get(kind) ?? new Map<string, number>();
    counts.set(kind, answers.set(question.answer, (answers.get(question.answer) ?? 0) + 1));
  }
  const kept = new Map<string, number>();
  return asked.filter(({ kind, question }) => {
    const answers = counts.get(kind)!;
    if (answers.size !== 2) return true;
    const key = `${kind} ${question.answer}`;
    kept.set(key, (kept.get(key) ?? 0) + 1);
    return kept.get(key)! <= Math.min(...answers.values());
  });
}

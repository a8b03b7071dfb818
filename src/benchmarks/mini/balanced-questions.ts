import type { Random } from '../../random.js';
import { balancedChooser } from '../2ds/balance.js';
import type { Scene } from '../scene/scene.js';
import type { QuestionForm, WorldQuestion } from './form.js';

/** A question on one scene of a list. */
export interface Asked<Q extends WorldQuestion> {
  readonly image: number;
  /** The form it comes from. */
  readonly kind: string;
  readonly question: Q;
}

/** How often a form is tried on a scene: enough for most of what it can ask there. */
const DRAWS = 16;

/**
 * `perImage` questions on each scene, no two alike: all forms equally often as far as the scenes allow them, and
 * within a form the answers as even as can be, over all questions and for one and the same question. Forms with
 * two answers are trimmed to exactly as many of each.
 *
 * @param keysOf what is to be even: by default a question's answer, and its answer to this very question
 */
export function balancedQuestions<Q extends WorldQuestion>(
  random: Random,
  scenes: readonly Scene[],
  forms: Readonly<Record<string, QuestionForm<Q>>>,
  perImage: number,
  keysOf: (question: Q) => readonly string[] = ({ question, answer }) => [answer, `${question} ${answer}`],
): Asked<Q>[] {
  const chooseKind = balancedChooser<string>(random, kind => [kind]);
  const choosers = new Map(Object.keys(forms).map(kind => [kind, balancedChooser<Q>(random, keysOf)]));
  const asked = scenes.flatMap((scene, image) => {
    const pools = new Map(
      Object.entries(forms).map(([kind, form]) => [kind, candidates(random, scene, form)]),
    );
    const ofScene: Asked<Q>[] = [];
    while (ofScene.length < perImage) {
      const open = [...pools].flatMap(([kind, pool]) => {
        const unasked = pool.filter(q => !ofScene.some(({ question }) => question.question === q.question));
        return unasked.length > 0 ? [[kind, unasked] as const] : [];
      });
      if (open.length === 0) break;
      const kind = chooseKind(open.map(([name]) => name));
      const question = choosers.get(kind)!(open.find(([name]) => name === kind)![1]);
      ofScene.push({ image, kind, question });
    }
    return ofScene;
  });
  return withoutSurplus(asked);
}

function candidates<Q extends WorldQuestion>(random: Random, scene: Scene, form: QuestionForm<Q>): Q[] {
  const found = new Map<string, Q>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const question = form(scene, random);
    if (question) found.set(question.question, question);
  }
  return [...found.values()];
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

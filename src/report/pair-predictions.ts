import { UserError } from '../errors.js';
import type { Prediction } from '../records/prediction.js';
import { rescore } from '../scorers/rescore.js';
import type { Scorer } from '../scorers/types.js';

/** What became of a question from a to b; where credit is partial, `right` and `wrong` mean more and less of it. */
export type Change = 'right→wrong' | 'wrong→right' | 'changed, equal score' | 'same';

/** One question as two runs answered it. */
export interface Pair {
  readonly a: Prediction;
  readonly b: Prediction;
}

/** Which of two runs says what image, category and targets a question has: another program's file may not. */
export type Side = 'a' | 'b';

export interface Pairing {
  readonly pairs: readonly Pair[];
  readonly matchedBy: 'id' | 'wording';
  /** Questions without a counterpart (or, by wording, with several). */
  readonly onlyA: number;
  readonly onlyB: number;
}

/**
 * The questions that two lists of answers have in common, in a's order. Those of our own runs are matched by id, and must then
 * be the same questions (UserError). `byWording` allows for other programs' files, whose ids may be their own: where ids do
 * not fit, questions are matched by wording and answer, those that are asked more than once left out.
 */
export function pairPredictions(
  a: readonly Prediction[],
  b: readonly Prediction[],
  byWording: boolean,
): Pairing {
  const byId = match(a, b, ({ id }) => id);
  const other = byId.find(({ a, b }) => !sameQuestion(a, b));
  if (byId.length > 0 && !other) return pairing(a, b, byId, 'id');
  if (!byWording) {
    throw new UserError(
      other
        ? `question ${other.a.id} is "${other.a.question}" in one and "${other.b.question}" in the other: compare runs on the same data`
        : `they have no question in common (the first is ${a[0]?.id} in one, ${b[0]?.id} in the other): compare runs on the same data`,
    );
  }
  const pairs = match(onlyOnce(a), onlyOnce(b), wording);
  if (pairs.length === 0)
    throw new UserError(
      'they have no question in common, by id or by wording: compare answers to the same benchmark',
    );
  return pairing(a, b, pairs, 'wording');
}

function match(a: readonly Prediction[], b: readonly Prediction[], key: (p: Prediction) => string): Pair[] {
  const others = new Map(b.map(p => [key(p), p]));
  return a.flatMap(p => {
    const other = others.get(key(p));
    return other ? [{ a: p, b: other }] : [];
  });
}

/** Both answers graded anew by one rule, against the targets of the side that is said to know them. */
export const regrade = (pairs: readonly Pair[], told: Side, scorer: Scorer): Pair[] =>
  pairs.map(pair => {
    const { targets, choices } = pair[told];
    const known = { targets, ...(choices && { choices }) };
    const [a, b] = rescore(
      [
        { ...pair.a, ...known },
        { ...pair.b, ...known },
      ],
      scorer,
    ) as [Prediction, Prediction];
    return { a, b };
  });

function pairing(
  a: readonly Prediction[],
  b: readonly Prediction[],
  pairs: readonly Pair[],
  matchedBy: Pairing['matchedBy'],
): Pairing {
  return {
    pairs,
    matchedBy,
    onlyA: a.length - pairs.length,
    onlyB: b.length - pairs.length,
  };
}

/** What became of a question. */
export function changeOf({ a, b }: Pair): Change {
  if (b.score < a.score) return 'right→wrong';
  if (b.score > a.score) return 'wrong→right';
  return a.output === b.output ? 'same' : 'changed, equal score';
}

/** One wording may carry more around the question than the other. */
function sameQuestion(a: Prediction, b: Prediction): boolean {
  const [x, y] = [plain(a.question), plain(b.question)];
  return x.includes(y) || y.includes(x);
}

const plain = (text: string): string => text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();

const wording = ({ question, targets }: Prediction): string =>
  JSON.stringify([plain(question), plain(targets[0] ?? '')]);

function onlyOnce(predictions: readonly Prediction[]): Prediction[] {
  const counts = new Map<string, number>();
  for (const p of predictions) counts.set(wording(p), (counts.get(wording(p)) ?? 0) + 1);
  return predictions.filter(p => counts.get(wording(p)) === 1 && p.question !== '');
}

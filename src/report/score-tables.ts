import { clusteredMean } from '../metrics/clustered.js';
import { conditionsOf, type Prediction } from '../records/prediction.js';
import type { Row, Table } from '../records/table.js';

const percents = { format: { decimals: 2 } };

/**
 * Accuracy by two gradings of the same answers, by condition, with the clustered interval of the second, and how far the two
 * agree: the share of equal scores, and Cohen's kappa, which leaves out what chance would give (an answer counts as right from
 * a score of 0.5).
 * @param before the first grading
 * @param after the same questions in the same order
 * @param names of the two gradings
 */
export function rescoreTable(
  title: string,
  before: readonly Prediction[],
  after: readonly Prediction[],
  names: readonly [string, string] = ['As stored', 'Now'],
): Table {
  const rows = conditionsOf(after).map((condition): Row => {
    const old = before.filter(p => p.condition === condition);
    const now = after.filter(p => p.condition === condition);
    const known = now.filter(p => !Number.isNaN(p.score));
    const knownBefore = old.filter(p => !Number.isNaN(p.score));
    const images = known.map(p => p.image);
    const { mean, low, high } =
      known.length > 0
        ? clusteredMean(
            known.map(p => p.score),
            images,
            { range: [0, 1] },
          )
        : { mean: NaN, low: NaN, high: NaN };
    return {
      condition,
      n: now.length,
      images: new Set(images).size,
      before: (100 * knownBefore.reduce((sum, p) => sum + p.score, 0)) / knownBefore.length,
      after: 100 * mean,
      low: 100 * low,
      high: 100 * high,
      ...agreement(old, now),
    };
  });
  return {
    name: 'scores',
    title,
    columns: [
      { key: 'condition', label: 'Condition' },
      { key: 'n', label: 'Questions' },
      { key: 'images', label: 'Images' },
      { key: 'before', label: names[0], ...percents },
      { key: 'after', label: names[1], ...percents },
      { key: 'low', label: '95% from', ...percents },
      { key: 'high', label: 'to', ...percents },
      { key: 'changed', label: 'Scores changed' },
      { key: 'agreement', label: 'Agree', ...percents },
      { key: 'kappa', label: 'Kappa', ...percents },
    ],
    rows,
  };
}

function agreement(old: readonly Prediction[], now: readonly Prediction[]): Row {
  const pairs = now.map((p, i) => [old[i]!.score, p.score] as const);
  const known = pairs.filter(([a, b]) => !Number.isNaN(a) && !Number.isNaN(b));
  const share = (is: (pair: readonly [number, number]) => boolean) => known.filter(is).length / known.length;
  const right = (score: number) => score >= 0.5;
  const [first, second] = [share(([a]) => right(a)), share(([, b]) => right(b))];
  const byChance = first * second + (1 - first) * (1 - second);
  return {
    changed: pairs.filter(([a, b]) => !Object.is(a, b)).length,
    agreement: 100 * share(([a, b]) => a === b),
    // Where both find all right, or all wrong, there is nothing to agree on beyond chance.
    kappa: byChance === 1 ? null : (share(([a, b]) => right(a) === right(b)) - byChance) / (1 - byChance),
  };
}

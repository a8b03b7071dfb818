import type { Random } from '../../random.js';

/** One element, each with a probability in proportion to its weight; throws when all weights are zero. */
export function weightedChoice<T>(random: Random, list: readonly T[], weightOf: (element: T) => number): T {
  const chosen = list.filter(element => weightOf(element) > 0);
  let rest = random() * chosen.reduce((sum, element) => sum + weightOf(element), 0);
  for (const element of chosen) {
    rest -= weightOf(element);
    if (rest < 0) return element;
  }
  const last = chosen.at(-1); // rounding may leave a rest of zero
  if (last === undefined) throw new RangeError('weightedChoice: no element has a weight');
  return last;
}

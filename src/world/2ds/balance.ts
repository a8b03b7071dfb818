import { type Random, randomChoice } from '../../random.js';

/**
 * A chooser that keeps what it has chosen evenly spread: each candidate counts under several keys (its
 * answer, its side, both together, …), and one whose keys have been used least is taken, at random among
 * equals. That is the steepest descent on the sum of squared key counts, which is least when they are equal.
 */
export function balancedChooser<T>(
  random: Random,
  keysOf: (candidate: T) => readonly string[],
): (candidates: readonly T[]) => T {
  const used = new Map<string, number>();
  const count = (key: string) => used.get(key) ?? 0;
  return candidates => {
    const costs = candidates.map(candidate => keysOf(candidate).reduce((sum, key) => sum + count(key), 0));
    const least = Math.min(...costs);
    const chosen = randomChoice(
      random,
      candidates.filter((_, i) => costs[i] === least),
    );
    for (const key of keysOf(chosen)) used.set(key, count(key) + 1);
    return chosen;
  };
}

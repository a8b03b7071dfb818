/** The name in `names` that takes the fewest insertions, deletions and replacements to become `name`. */
export function nearestName(name: string, names: readonly string[]): string {
  let best = names[0] ?? '';
  for (const candidate of names) {
    if (editDistance(name, candidate) < editDistance(name, best)) best = candidate;
  }
  return best;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The one of `names` that the fewest edits make of `name`, however many they are; the first among equals, '' of none. */
export function nearestName(name: string, names: readonly string[]): string {
  const distances = names.map(one => edits(name, one));
  return names[distances.indexOf(Math.min(...distances))] ?? '';
}

/**
 * What someone may have meant by a name: the known name with the fewest letters changed, added, left out or swapped with their
 * neighbour; undefined where more than a third of the longer name would change, or nothing is known.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  let best: { readonly one: string; readonly distance: number } | undefined;
  for (const one of known) {
    const distance = edits(name.toLowerCase(), one.toLowerCase());
    if (distance > Math.max(1, Math.max(name.length, one.length) / 3)) continue;
    if (!best || distance < best.distance) best = { one, distance };
  }
  return best?.one;
}

/** ' (did you mean "…"?)', or nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const one = nearest(name, known);
  return one === undefined ? '' : ` (did you mean "${one}"?)`;
}

/** Edit distance with swaps of neighbours (Damerau's, "optimal string alignment"). */
function edits(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    const above = rows[i - 1]!;
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(above[j]! + 1, row[j - 1]! + 1, above[j - 1]! + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** First and last of `A` or `A-B`, counted from 1; undefined for another text, or where they are not within 1 to `most`. */
export function rangeWithin(text: string, most: number): readonly [number, number] | undefined {
  const [, from, to = from] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return first >= 1 && first <= last && last <= most ? [first, last] : undefined;
}

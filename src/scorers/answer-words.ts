/** Colour names and the words that mean them; the first of each row is the one compared. */
const COLORS = [
  ['red', 'crimson', 'scarlet'],
  ['green'],
  ['blue', 'navy'],
  ['yellow', 'gold', 'golden'],
  ['purple', 'violet'],
  ['orange'],
  ['pink'],
  ['brown'],
  ['black'],
  ['white'],
  ['gray', 'grey'],
  ['cyan', 'turquoise', 'teal'],
  ['magenta'],
];

const SHAPES = [
  ['circle', 'circles', 'disc', 'disk', 'dot', 'round', 'circular'],
  ['square', 'squares', 'box'],
  ['triangle', 'triangles', 'triangular'],
  ['diamond', 'diamonds', 'rhombus', 'lozenge'],
  ['cross', 'crosses', 'plus'],
  ['star', 'stars', 'pentagram'],
  ['rectangle', 'rectangles', 'rectangular'],
  ['oval', 'ovals', 'ellipse'],
  ['pentagon'],
  ['hexagon'],
  ['heart', 'hearts'],
];

const NUMBERS = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ');

const canonical = (rows: readonly (readonly string[])[]): ReadonlyMap<string, string> =>
  new Map(rows.flatMap(row => row.map(word => [word, row[0]!] as const)));

export type WordKind = 'color' | 'shape' | 'number';

const VOCABULARY: Readonly<Record<WordKind, ReadonlyMap<string, string>>> = {
  color: canonical(COLORS),
  shape: canonical(SHAPES),
  number: canonical(NUMBERS.map((word, i) => [String(i), word])),
};

/** The word's canonical form as a colour, shape or number (in digits); undefined when it is none of that kind. */
export const meaning = (kind: WordKind, word: string): string | undefined =>
  VOCABULARY[kind].get(word) ?? (kind === 'number' && /^\d+$/.test(word) ? String(Number(word)) : undefined);

const ARTICLES = new Set(['a', 'an', 'the']);

/** Lower-case words without punctuation and articles; "isn't" reads as "is not". Hyphens part words. */
export function words(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/\bcannot\b/g, 'can not')
    .replace(/n't\b/g, ' not')
    .replace(/'s\b/g, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '' && !ARTICLES.has(word));
}

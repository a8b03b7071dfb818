import { z } from 'zod';
import { COLORS, type SceneObject, SHAPES } from '../../world/scene/scene.js';
import { cellsOf, type Grid } from '../attention/target.js';

/** The groups of tokens whose states are patched, as tables name them. */
export const GROUPS = {
  places: 'cells of the two places',
  first: 'cells of the first place',
  second: 'cells of the second place',
  row: "the rest of the places' rows",
  column: "the rest of the places' columns",
  background: 'all other vision tokens',
  words: "the question's object words",
  last: 'last token',
} as const;

export type Group = keyof typeof GROUPS;

const list = z.array(z.number()).readonly();

/**
 * What is stored of a question: `clean` and `counterfactual`, the logit of the scene's answer less that of its counterfactual's in each
 * run; `layers`, the layers patched (0: input embeddings); for each group the same difference in the patched run, layer by layer.
 * Groups without a token are missing.
 */
export const patchMeasures = z.strictObject({
  clean: z.number(),
  counterfactual: z.number(),
  layers: list,
  ...(Object.fromEntries(Object.keys(GROUPS).map(group => [group, list.exactOptional()])) as Record<
    Group,
    z.ZodExactOptional<typeof list>
  >),
});

export type PatchMeasures = z.output<typeof patchMeasures>;

/** A prompt whose tokens are grouped. */
export interface GroupedPrompt {
  /** Tokens before the image. */
  readonly before: number;
  readonly visionTokens: number;
  /** The text after the image, token by token. */
  readonly after: readonly string[];
}

/**
 * The positions of each group's tokens in the prompt. The two places are where the exchanged objects lie; their rows and columns are those
 * of their cells, a cell that is in both counting to the row.
 */
export function groupsOf(
  { before, visionTokens, after }: GroupedPrompt,
  [first, second]: readonly [SceneObject, SceneObject],
  grid: Grid,
): Readonly<Record<Group, readonly number[]>> {
  const { side } = grid;
  const cells = { first: cellsOf([first], grid), second: cellsOf([second], grid) };
  const places = new Set([...cells.first, ...cells.second]);
  const rows = new Set([...places].map(cell => Math.floor(cell / side)));
  const columns = new Set([...places].map(cell => cell % side));
  const rest = Array.from({ length: visionTokens }, (_, cell) => cell).filter(cell => !places.has(cell));
  const row = rest.filter(cell => rows.has(Math.floor(cell / side)));
  const column = rest.filter(cell => !rows.has(Math.floor(cell / side)) && columns.has(cell % side));
  const used = new Set([...row, ...column]);
  const at = (some: Iterable<number>) => [...some].map(cell => before + cell);
  const textStart = before + visionTokens;
  return {
    places: at(places),
    first: at(cells.first),
    second: at(cells.second),
    row: at(row),
    column: at(column),
    background: at(rest.filter(cell => !used.has(cell))),
    words: objectWords(after).map(token => textStart + token),
    last: [textStart + after.length - 1],
  };
}

const WORDS = new RegExp(`\\b(?:${[...COLORS, ...SHAPES, 'object'].join('|')})\\b`, 'gi');

/** The tokens that reach into a word that names an object. */
function objectWords(tokens: readonly string[]): number[] {
  const text = tokens.join('');
  const found = [...text.matchAll(WORDS)].map(({ index, 0: word }) => [index, index + word.length] as const);
  let start = 0;
  return tokens.flatMap((token, i) => {
    const [from, to] = [start, start + token.length];
    start = to;
    return found.some(([a, b]) => from < b && a < to) ? [i] : [];
  });
}

/** A token that is found in the text before the tokenizer's model sees it, as tokenizer.json describes it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Left out when ids become text for people. */
  readonly special: boolean;
  /** Looked for in the normalised text, and normalised itself. */
  readonly normalized: boolean;
  /** Found as a whole word only. */
  readonly singleWord: boolean;
  /** Takes in the white space on its left, on its right. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** A stretch of text, or a token found in it. */
export type Piece = string | AddedToken;

/** Characters of words and white space, as the regular expressions of Rust have them. */
export const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
const WORD_AT_END = new RegExp(`[${WORD}]$`, 'u');
const WORD_AT_START = new RegExp(`^[${WORD}]`, 'u');
const SPACE_AT_END = /\p{White_Space}*$/u;
const SPACE_AT_START = /^\p{White_Space}*/u;

/**
 * Finds tokens in texts: the leftmost first, of several that begin there the longest, as `AddedVocabulary` of Python's
 * `tokenizers` 0.23 does. `patterns` are what is looked for, by default the tokens' contents.
 */
export function finder(
  tokens: readonly AddedToken[],
  patterns: readonly string[] = tokens.map(t => t.content),
): (text: string) => Piece[] {
  const root: Node = { next: new Map(), token: null };
  tokens.forEach((token, i) => {
    let node = root;
    for (const unit of patterns[i]!.split('')) {
      const known = node.next.get(unit) ?? { next: new Map(), token: null };
      node.next.set(unit, known);
      node = known;
    }
    if (node !== root) node.token ??= token;
  });
  if (root.next.size === 0) return text => (text === '' ? [] : [text]);
  return text => split(text, root);
}

interface Node {
  readonly next: Map<string, Node>;
  token: AddedToken | null;
}

function split(text: string, root: Node): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (let at = 0; at < text.length; ) {
    const found = longestAt(text, at, root);
    if (!found) {
      at++;
      continue;
    }
    const { token } = found;
    let [start, stop] = [at, found.end];
    at = stop;
    if (
      token.singleWord &&
      (WORD_AT_END.test(before(text, start)) || WORD_AT_START.test(text.slice(stop, stop + 2)))
    ) {
      continue;
    }
    if (token.lstrip) start = Math.max(start - SPACE_AT_END.exec(text.slice(done, start))![0].length, done);
    if (token.rstrip) stop += SPACE_AT_START.exec(text.slice(stop))![0].length;
    if (start > done) pieces.push(text.slice(done, start));
    pieces.push(token);
    done = stop;
  }
  if (done < text.length) pieces.push(text.slice(done));
  return pieces;
}

/** The character before `at`, both halves of one beyond 16 bits. */
const before = (text: string, at: number): string => text.slice(Math.max(0, at - 2), at);

function longestAt(text: string, at: number, root: Node): { token: AddedToken; end: number } | null {
  let node: Node | undefined = root;
  let found: { token: AddedToken; end: number } | null = null;
  for (let i = at; i < text.length; i++) {
    node = node.next.get(text[i]!);
    if (!node) break;
    if (node.token) found = { token: node.token, end: i + 1 };
  }
  return found;
}

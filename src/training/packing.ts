/** A conversation's ids after the image: what is asked, and what is to be answered (its end included). */
export interface Exchange {
  readonly asked: readonly number[];
  readonly answered: readonly number[];
}

/**
 * Exchanges side by side in rows of equal length. Three planes of `rows · length` numbers: the ids that go in, the
 * number of each token's exchange within its row (from 1; 0 is padding), and the id to predict (0 where nothing is).
 */
export interface Packed {
  readonly ids: Uint8Array;
  readonly exchange: Uint8Array;
  readonly target: Uint8Array;
}

/**
 * Packs exchanges into `rows` rows of `length` tokens, the longest first, each into the row with most room left.
 * One that fits nowhere is left out: with room for the usual image, those are rare.
 */
export function pack(exchanges: readonly Exchange[], rows: number, length: number): Packed {
  const size = rows * length;
  const packed = { ids: new Uint8Array(size), exchange: new Uint8Array(size), target: new Uint8Array(size) };
  const used = new Array<number>(rows).fill(0);
  const count = new Array<number>(rows).fill(0);
  const longestFirst = [...exchanges].sort((a, b) => lengthOf(b) - lengthOf(a));
  for (const exchange of longestFirst) {
    const row = used.indexOf(Math.min(...used));
    if (used[row]! + lengthOf(exchange) > length) continue;
    count[row]!++;
    const start = row * length + used[row]!;
    const tokens = [...exchange.asked, ...exchange.answered];
    for (let i = 0; i + 1 < tokens.length; i++) {
      packed.ids[start + i] = tokens[i]!;
      packed.exchange[start + i] = count[row]!;
      if (i + 1 >= exchange.asked.length) packed.target[start + i] = tokens[i + 1]!;
    }
    used[row]! += lengthOf(exchange);
  }
  return packed;
}

/** Tokens that go in: all but the last, which is only predicted. */
const lengthOf = ({ asked, answered }: Exchange): number => asked.length + answered.length - 1;

import * as hf from '@huggingface/tokenizers';
import { type AddedToken, finder, type Piece, WORD } from './added-tokens.js';

/**
 * `@huggingface/tokenizers` as this project uses it: its normalizers, pre-tokenizers, models and decoders, with what its
 * version 0.2.0 does otherwise than Python's `tokenizers` 0.23 put right here, and nowhere else:
 *
 * - the pre-tokenizer `Whitespace` takes ASCII letters alone for letters (`withUnicodeWords`);
 * - added tokens: `single_word` is not heeded, a token may not stand in tokenizer_config.json alone, white space that
 *   `lstrip` and `rstrip` take in is taken from one neighbour only, and text after a normalised token at the start
 *   counts as the start of the text (`finder` finds them here);
 * - `ByteFallback` turns the bytes of a cut character into one replacement character, not one each, and drops a byte
 *   order mark (`bytesOf`);
 * - `ByteLevel` decodes a token that is not made of its alphabet to zero bytes (`levelBytes`);
 * - an id that no token has is decoded as the unknown token, not left out;
 * - special tokens of a template are looked up by their name in it, not by the ids it lists.
 */
export interface LibraryTokenizer {
  encode(text: string, addSpecialTokens: boolean): number[];
  decode(ids: readonly number[], skipSpecialTokens: boolean): string;
  idOf(token: string): number | null;
  tokenOf(id: number): string | null;
  /** Tokens that a text has at least, known without tokenizing it: a BPE's tokens are no longer than its vocabulary's. */
  atLeast(text: string): number;
}

/** tokenizer.json, as far as this file looks into it. */
export interface StoredTokenizer {
  readonly model: {
    readonly type?: string | null | undefined;
    readonly unk_token?: string | null | undefined;
  };
  readonly pre_tokenizer?: unknown;
  readonly post_processor?: unknown;
  readonly decoder?: unknown;
}

/**
 * @param stored tokenizer.json
 * @param added every added token, with its id
 * @throws what the library throws at kinds of parts that it does not know
 */
export function libraryTokenizer(
  stored: StoredTokenizer,
  addedTo: (vocabulary: Vocabulary) => readonly AddedToken[],
): LibraryTokenizer {
  const parts = new hf.Tokenizer(
    { ...stored, pre_tokenizer: withUnicodeWords(stored.pre_tokenizer), added_tokens: [] },
    { unk_token: stored.model.unk_token },
  ) as unknown as Parts;
  const { model, normalizer, pre_tokenizer: preTokenizer, post_processor: postProcessor } = parts;
  const added = addedTo({
    idOf: token => model.tokens_to_ids.get(token) ?? null,
    size: model.tokens_to_ids.size,
  });
  const byContent = new Map(added.map(token => [token.content, token]));
  const byId = new Map(added.map(token => [token.id, token]));
  const inText = finder(added.filter(token => !token.normalized));
  const normalized = added.filter(token => token.normalized);
  const patterns = normalized.map(token => (normalizer ? normalizer(token.content) : token.content));
  const inNormalized = finder(normalized, patterns);
  // A normalised token is decoded as it was found.
  const asFound = new Map(normalized.map((token, i) => [token.id, patterns[i]!]));
  const idsInTemplate = templateIds(stored.post_processor);
  const { decoder } = parts;

  const idOf = (token: string) => byContent.get(token)?.id ?? model.tokens_to_ids.get(token) ?? null;
  const tokenOf = (id: number) => byId.get(id)?.content ?? model.vocab[id] ?? null;
  const idsOf = (text: string): number[] => {
    let atStart = true;
    const take = (piece: Piece): number[] => {
      const section_index = atStart ? 0 : 1;
      atStart = false;
      if (typeof piece !== 'string') return [piece.id];
      const words = preTokenizer ? preTokenizer(piece, { section_index }) : [piece];
      return model(words).flatMap(token => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? []);
    };
    return inText(text).flatMap(piece => {
      if (typeof piece !== 'string') return take(piece);
      return inNormalized(normalizer ? normalizer(piece) : piece).flatMap(take);
    });
  };
  const longest = () => model.vocab.reduce((n, token) => Math.max(n, token?.length ?? 0), 1);
  return {
    idOf,
    tokenOf,
    atLeast: text => (stored.model.type === 'BPE' ? Math.floor(text.length / longest()) : 0),
    encode: (text, addSpecialTokens) => {
      const ids = idsOf(text);
      if (!postProcessor) return ids;
      const { tokens } = postProcessor([TEXT], null, addSpecialTokens);
      return tokens.flatMap(token =>
        token === TEXT ? ids : (idsInTemplate.get(token) ?? idOf(token) ?? []),
      );
    },
    decode: (ids, skipSpecialTokens) => {
      const tokens = ids
        .map(id => asFound.get(id) ?? tokenOf(id))
        .filter(token => token !== null)
        .filter(token => !(skipSpecialTokens && byContent.get(token)?.special));
      if (tokens.length === 0) return '';
      return decoder ? decoded(decoder, tokens).join('') : tokens.join(' ');
    },
  };
}

/** The library's tokenizer by the parts used here; its own declarations do not resolve for ES modules. */
interface Parts {
  readonly model: {
    (words: readonly string[]): string[];
    readonly vocab: readonly (string | undefined)[];
    readonly tokens_to_ids: ReadonlyMap<string, number>;
    readonly unk_token_id?: number;
  };
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, at: { section_index: number }) => string[]) | null;
  readonly post_processor:
    | ((tokens: string[], pair: null, addSpecialTokens: boolean) => { readonly tokens: readonly string[] })
    | null;
  readonly decoder: Decoder | null;
}

interface Decoder {
  readonly config: { readonly type: string };
  decode_chain(tokens: string[]): string[];
  /** Of a sequence. */
  readonly decoders?: readonly Decoder[];
  /** Of `ByteLevel`: byte by character. */
  readonly byte_decoder?: Readonly<Record<string, number>>;
}

/** What a model's own vocabulary tells of a token that is to be added. */
export interface Vocabulary {
  idOf(token: string): number | null;
  readonly size: number;
}

/** Stands for the text's own tokens in the post-processor. */
const TEXT = '\0';

/** Runs of other marks between words, written out as a pattern. */
function withUnicodeWords(preTokenizer: unknown): unknown {
  if ((preTokenizer as { type?: string } | null)?.type !== 'Whitespace') return preTokenizer;
  const pattern = { Regex: `[${WORD}]+|[^${WORD}\\p{White_Space}]+` };
  return { type: 'Split', pattern, behavior: 'Removed', invert: true };
}

interface PostProcessorParts {
  readonly processors?: readonly unknown[];
  readonly special_tokens?: Readonly<Record<string, { readonly ids?: readonly number[] }>>;
}

/** Ids by the name that a template gives them. */
function templateIds(postProcessor: unknown): Map<string, readonly number[]> {
  const { processors = [], special_tokens = {} } = (postProcessor ?? {}) as PostProcessorParts;
  const entries = Array.isArray(special_tokens) ? [] : Object.entries(special_tokens);
  return new Map([
    ...processors.flatMap(part => [...templateIds(part)]),
    ...entries.flatMap(([name, { ids }]): [string, readonly number[]][] => (ids ? [[name, ids]] : [])),
  ]);
}

/** A decoder's tokens, with the parts that decode bytes replaced, wherever they stand in a sequence. */
function decoded(decoder: Decoder, tokens: string[]): string[] {
  switch (decoder.config.type) {
    case 'Sequence':
      return decoder.decoders!.reduce((left, part) => decoded(part, left), tokens);
    case 'ByteFallback':
      return bytesOf(tokens);
    case 'ByteLevel':
      return [levelBytes(tokens, decoder.byte_decoder!)];
    default:
      return decoder.decode_chain(tokens);
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** Tokens `<0xE6>` as the characters that runs of them spell; a run that spells none, a replacement character a byte. */
function bytesOf(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length === 0) return;
    try {
      out.push(strict.decode(Uint8Array.from(bytes)));
    } catch {
      out.push(...bytes.map(() => '\ufffd'));
    }
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) bytes.push(Number.parseInt(byte, 16));
    else {
      flush();
      out.push(token);
    }
  }
  flush();
  return out;
}

/** Tokens of a byte-level alphabet as text; a token with another character in it stands for its own bytes. */
function levelBytes(tokens: readonly string[], alphabet: Readonly<Record<string, number>>): string {
  const bytes = tokens.flatMap(token => {
    const own = [...token].map(character => alphabet[character]);
    return own.includes(undefined) ? [...Buffer.from(token)] : (own as number[]);
  });
  return lenient.decode(Uint8Array.from(bytes));
}

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { parseAs, readJson, readJsonIfPresent } from '../config/json-file.js';
import type { AddedToken } from './added-tokens.js';
import { type FolderToken, folderTokens, newToken, storedTokenSchema } from './folder-tokens.js';
import { type LibraryTokenizer, libraryTokenizer, type Vocabulary } from './library.js';
import { asLlama, isRebuilt } from './llama-class.js';
import { IMAGE } from './places.js';

/** Text ↔ token ids, by a checkpoint's `tokenizer.json`. */
export interface Tokenizer {
  /** Ids of a text; `addSpecialTokens` (default true) puts the BOS before it where the model has one. */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[];
  /** Text of ids; `skipSpecialTokens` (default true) leaves BOS, EOS and the like out. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  readonly bosTokenId: number | null;
  /** Id of a token of the vocabulary, null when there is none of that name. */
  idOf(token: string): number | null;
  /** Token of an id, null when there is none. */
  tokenOf(id: number): string | null;
  /** Special tokens by role: `bos_token` and so on. */
  readonly roles: Readonly<Record<string, string>>;
  /** The token in the image's place: `<image>`, unless the model's image id is another's. */
  readonly imageToken: string;
}

export interface TokenizerOptions {
  /** The model's id in the image's place, where it has one. */
  readonly imageTokenId?: number;
  /** Texts that must have more tokens are refused before they are tokenized, which takes half a minute for 200,000 words. */
  readonly maxTokens?: number;
}

const configSchema = z.looseObject({
  tokenizer_class: z.string().nullish(),
  clean_up_tokenization_spaces: z.boolean().nullish(),
});
const storedSchema = z.looseObject({
  model: z.looseObject({ type: z.string().nullish(), unk_token: z.string().nullish() }),
  pre_tokenizer: z.unknown().optional(),
  post_processor: z.unknown().optional(),
  decoder: z.unknown().optional(),
  added_tokens: z.array(storedTokenSchema).default([]),
});

/**
 * Reads a folder's tokenizer as transformers' `AutoTokenizer` does: `tokenizer.json` with the special tokens that
 * `tokenizer_config.json` and its like name, or LLaMA's class where that is named. UserError when missing or of an unknown
 * kind.
 */
export async function openTokenizer(dir: string, options: TokenizerOptions = {}): Promise<Tokenizer> {
  const { imageTokenId, maxTokens = Infinity } = options;
  const file = join(dir, 'tokenizer.json');
  const stored = parseAs(storedSchema, await readJson(file, await missingHint(dir)), file);
  const configFile = join(dir, 'tokenizer_config.json');
  const config = parseAs(configSchema, (await readJsonIfPresent(configFile)) ?? {}, configFile);
  const rebuilt = isRebuilt(stored, config, await readJsonIfPresent(join(dir, 'config.json')));
  const own = stored.added_tokens.map(token => ({ ...newToken(token), id: token.id }));
  const { tokens, roles } = await folderTokens(dir, rebuilt ? withLlamaRoles(config) : config, own);
  let tokenizer: LibraryTokenizer;
  try {
    tokenizer = libraryTokenizer(rebuilt ? asLlama(stored, config) : stored, vocabulary =>
      joined(rebuilt ? [] : own, tokens, vocabulary),
    );
  } catch (error) {
    throw new UserError(`${file}: not a tokenizer that can be used here (${messageOf(error)})`);
  }
  const cleanUp = config.clean_up_tokenization_spaces ?? false; // transformers 5's default
  const { idOf, tokenOf } = tokenizer;
  return {
    encode: (text, { addSpecialTokens = true } = {}) => {
      const least = text.length > maxTokens ? tokenizer.atLeast(text) : 0;
      if (least > maxTokens) {
        throw new UserError(
          `the prompt has ${least} tokens or more; the model takes ${maxTokens} (max_position_embeddings): shorten the question`,
        );
      }
      return tokenizer.encode(text, addSpecialTokens);
    },
    decode: (ids, { skipSpecialTokens = true } = {}) => {
      const text = tokenizer.decode(ids, skipSpecialTokens);
      return cleanUp ? withoutArtifacts(text) : text;
    },
    bosTokenId: roles.bos_token === undefined ? null : idOf(roles.bos_token),
    idOf,
    tokenOf,
    roles,
    imageToken: (imageTokenId === undefined ? null : tokenOf(imageTokenId)) ?? IMAGE,
  };
}

const withLlamaRoles = (config: z.infer<typeof configSchema>) => ({
  unk_token: '<unk>',
  bos_token: '<s>',
  eos_token: '</s>',
  ...config,
});

/**
 * The tokens of tokenizer.json, then those of the files beside it. A known content keeps its id, has the flags that are
 * named last, and is special if any file says so; a new one has the id after the last, as `add_tokens` of Python's
 * `tokenizers` gives it.
 */
function joined(
  own: readonly AddedToken[],
  more: readonly FolderToken[],
  vocabulary: Vocabulary,
): AddedToken[] {
  const tokens = new Map(own.map(token => [token.content, token]));
  for (const token of more) {
    if (token.content === '') continue;
    const known = tokens.get(token.content);
    if (known && token.ifNew) continue;
    const last = Math.max(-1, ...[...tokens.values()].map(t => t.id));
    const id = known?.id ?? vocabulary.idOf(token.content) ?? Math.max(last + 1, vocabulary.size);
    tokens.set(token.content, { ...token, id, special: known?.special || token.special });
  }
  return [...tokens.values()];
}

/** English punctuation without the spaces that word pieces leave before it (transformers' `clean_up_tokenization`). */
function withoutArtifacts(text: string): string {
  const pairs = [' .', ' ?', ' !', ' ,', " ' ", " n't", " 'm", " 's", " 've", " 're"];
  return pairs.reduce((t, pair) => t.replaceAll(pair, pair === " ' " ? "'" : pair.slice(1)), text);
}

/** LLaVA's own checkpoints bring SentencePiece's binary file only. */
async function missingHint(dir: string): Promise<string> {
  const hasSentencePiece = await access(join(dir, 'tokenizer.model')).then(
    () => true,
    () => false,
  );
  return hasSentencePiece
    ? `convert its tokenizer.model once: python -c "from transformers import AutoTokenizer as T; T.from_pretrained('${dir}').save_pretrained('${dir}')"`
    : 'download it with the checkpoint';
}

import { access } from 'node:fs/promises';
import { join } from 'node:path';
import * as hf from '@huggingface/tokenizers';
import { z } from 'zod';
import { messageOf, UserError } from '../../errors.js';
import { parseAs, readJson, readJsonIfPresent } from '../config/json-file.js';

/** Text ↔ token ids, by a checkpoint's `tokenizer.json`. */
export interface Tokenizer {
  /** Ids of a text; `addSpecialTokens` (default true) puts the BOS before it where the model has one. */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[];
  /** Text of ids; `skipSpecialTokens` (default true) leaves BOS, EOS and the like out. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  readonly bosTokenId: number | null;
  /** Id of a token of the vocabulary, null when there is none of that name. */
  idOf(token: string): number | null;
}

const token = z.union([z.string(), z.object({ content: z.string() })]).nullish();
const configSchema = z.object({
  bos_token: token,
  clean_up_tokenization_spaces: z.boolean().nullish(),
});
type Token = z.infer<typeof token>;

const storedSchema = z.looseObject({
  model: z.looseObject({ unk_token: z.string().nullish() }),
  pre_tokenizer: z.unknown().optional(),
});

/** Reads `tokenizer.json` and `tokenizer_config.json` of a folder; UserError when missing or of an unknown kind. */
export async function openTokenizer(dir: string): Promise<Tokenizer> {
  const file = join(dir, 'tokenizer.json');
  const stored = parseAs(storedSchema, await readJson(file, await missingHint(dir)), file);
  const configFile = join(dir, 'tokenizer_config.json');
  const config = (await readJsonIfPresent(configFile)) ?? {};
  const known = parseAs(configSchema, config, configFile);
  let tokenizer: hf.Tokenizer;
  try {
    const pre_tokenizer = withUnicodeWords(stored.pre_tokenizer);
    tokenizer = new hf.Tokenizer(
      { ...stored, pre_tokenizer },
      { unk_token: stored.model.unk_token, ...config },
    );
  } catch (error) {
    throw new UserError(`${file}: not a tokenizer that can be used here (${messageOf(error)})`);
  }
  const cleanUp = known.clean_up_tokenization_spaces ?? false; // transformers 5's default
  const idOf = (name: string) => tokenizer.token_to_id(name) ?? null;
  const bos = contentOf(known.bos_token);
  return {
    encode: (text, { addSpecialTokens = true } = {}) =>
      tokenizer.encode(text, { add_special_tokens: addSpecialTokens }).ids,
    decode: (ids, { skipSpecialTokens = true } = {}) =>
      ids.length === 0
        ? ''
        : tokenizer.decode([...ids], {
            skip_special_tokens: skipSpecialTokens,
            clean_up_tokenization_spaces: cleanUp,
          }),
    bosTokenId: bos === null ? null : idOf(bos),
    idOf,
  };
}

const contentOf = (value: Token): string | null =>
  typeof value === 'object' ? (value?.content ?? null) : (value ?? null);

/** Characters of words, as the regular expressions of Python's `tokenizers` (Rust's) define \\w. */
const WORD = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';

/**
 * The pre-tokenizer `Whitespace` (words, and runs of other marks) written out as a pattern: the JavaScript library's own
 * counts ASCII letters only as letters, so that "café" would fall apart.
 */
function withUnicodeWords(preTokenizer: unknown): unknown {
  if ((preTokenizer as { type?: string } | null)?.type !== 'Whitespace') return preTokenizer;
  const pattern = { Regex: `[${WORD}]+|[^${WORD}\\p{White_Space}]+` };
  return { type: 'Split', pattern, behavior: 'Removed', invert: true };
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

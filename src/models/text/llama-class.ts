import { z } from 'zod';
import type { StoredTokenizer } from './library.js';

/**
 * transformers 5's class `LlamaTokenizer`: it takes vocabulary, merges and post-processor from tokenizer.json and makes
 * the rest anew, so that `legacy` and `add_prefix_space` of tokenizer_config.json decide where a space is put before text.
 * (`models/llama/tokenization_llama.py` and `models/auto/tokenization_auto.py`, 5.24.)
 */
const keys = z.object({
  tokenizer_class: z.string().nullish(),
  legacy: z.boolean().nullish(),
  add_prefix_space: z.boolean().nullish(),
});

/** Types of models whose `tokenizer_class` transformers knows to be wrong: their tokenizer.json is used as it is. */
const AS_STORED = ['llava', 'qwen2'];

/** Whether AutoTokenizer would make a folder's tokenizer anew, by that class. */
export function isRebuilt(stored: StoredTokenizer, tokenizerConfig: unknown, config: unknown): boolean {
  const name = keys.safeParse(tokenizerConfig).data?.tokenizer_class;
  const type = z.object({ model_type: z.string() }).safeParse(config).data?.model_type;
  if (name?.replace(/Fast$/, '') !== 'LlamaTokenizer' || (type !== undefined && AS_STORED.includes(type)))
    return false;
  return !isByteLevel(stored.pre_tokenizer) && !isByteLevel(stored.decoder);
}

const isByteLevel = (part: unknown): boolean => /"type":"ByteLevel"/.test(JSON.stringify(part ?? null));

/** tokenizer.json as the class makes it anew. */
export function asLlama<S extends StoredTokenizer>(stored: S, tokenizerConfig: unknown): S {
  const { legacy, add_prefix_space } = keys.parse(tokenizerConfig);
  const prefixes = add_prefix_space ?? true;
  const pre_tokenizer = {
    type: 'Metaspace',
    replacement: '▁',
    prepend_scheme: prefixes ? (legacy ? 'always' : 'first') : 'never',
    split: false,
  };
  const decoders = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
    ...(prefixes ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
  ];
  return {
    ...stored,
    normalizer: null,
    pre_tokenizer,
    decoder: { type: 'Sequence', decoders },
    model: { ...stored.model, unk_token: null, fuse_unk: true, byte_fallback: true, dropout: null },
  };
}

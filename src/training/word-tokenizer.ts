import { UserError } from '../errors.js';
import { worldVocabulary } from '../world/mini/vocabulary.js';

const SPECIAL_FIRST = ['<pad>', '<s>', '</s>', 'USER:', 'ASSISTANT:'] as const;
const SPECIAL_LAST = ['<image>', '<unk>'] as const;

/** The miniature's vocabulary: special tokens, then every word of its world. */
export const VOCABULARY: readonly string[] = [
  ...SPECIAL_FIRST,
  ...new Set(worldVocabulary()),
  ...SPECIAL_LAST,
];

const IDS = new Map(VOCABULARY.map((word, id) => [word, id]));

/** A token's id, its place in the vocabulary; UserError for a word that is not in it. */
export const idOf = (token: string): number => {
  const id = IDS.get(token);
  if (id === undefined) throw new UserError(`"${token}" is not a word of the miniature's vocabulary`);
  return id;
};

export const BOS = idOf('<s>');
export const EOS = idOf('</s>');

/** Ids of a text, as `tokenizerJson` splits it: special tokens as they are, words and marks in lower case. */
export function wordIds(text: string): number[] {
  const special = [...SPECIAL_FIRST, ...SPECIAL_LAST].map(t => t.replace('/', '\\/')).join('|');
  return text
    .split(new RegExp(`(${special})`))
    .flatMap(part => (IDS.has(part) ? [part] : (part.toLowerCase().match(/\w+|[^\w\s]+/g) ?? [])))
    .map(idOf);
}

/** The tokenizer in the form of Hugging Face's `tokenizer.json`: a word-level model, `<s>` first. */
export function tokenizerJson(): unknown {
  const special = [...SPECIAL_FIRST, ...SPECIAL_LAST];
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map(content => ({
      id: idOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [{ Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
      special_tokens: { '<s>': { id: '<s>', ids: [BOS], tokens: ['<s>'] } },
    },
    decoder: null,
    model: { type: 'WordLevel', vocab: Object.fromEntries(IDS), unk_token: '<unk>' },
  };
}

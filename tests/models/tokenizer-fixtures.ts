import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../../parity/fixtures/tokenizers/', import.meta.url);

interface Expected {
  readonly texts: readonly {
    readonly text: string;
    readonly ids: readonly number[];
    /** Without special tokens. */
    readonly bare: readonly number[];
    readonly decoded: string;
    readonly decodedWithSpecial: string;
  }[];
  readonly prompts: readonly {
    readonly template: string;
    readonly question: string;
    readonly prompt: string;
    /** Each side of the image tokenized on its own; the image's token between them. */
    readonly separate: readonly number[];
    /** The whole prompt tokenized at once. */
    readonly whole: readonly number[];
  }[];
}

export const tokenizerKinds = ['llama-legacy', 'llama', 'qwen', 'words'] as const;

/** A small tokenizer and what Python's `tokenizers` makes with it; written by parity/make_tokenizer_fixtures.py. */
export function tokenizerFixture(kind: (typeof tokenizerKinds)[number]): Expected & { readonly dir: string } {
  const dir = fileURLToPath(new URL(kind, folder));
  return { dir, ...JSON.parse(readFileSync(`${dir}/expected.json`, 'utf8')) };
}

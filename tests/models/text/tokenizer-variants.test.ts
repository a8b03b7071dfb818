import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openTokenizer } from '../../../src/models/text/tokenizer.js';
import { folderWith } from '../model-files.js';

type Json = Record<string, unknown>;
interface Stored extends Json {
  readonly model: { readonly vocab: Readonly<Record<string, number>> };
  readonly added_tokens: readonly { readonly id: number }[];
}

/** Tokenizers with changed files beside them, and what AutoTokenizer makes of each (parity/make_tokenizer_variants.py). */
const folder = new URL('../../../parity/fixtures/tokenizers/', import.meta.url);
const json = (path: string) => JSON.parse(readFileSync(fileURLToPath(new URL(path, folder)), 'utf8'));
const { texts, cases } = json('variants.json') as {
  texts: string[];
  cases: {
    base: string;
    name: string;
    files: Readonly<Record<string, Json | null>> & { added?: readonly Json[] };
    ids: number[][];
    decoded: [number[], string, string][];
  }[];
};

test.each(cases)('$base: $name, as AutoTokenizer', async ({ base, files, ids, decoded }) => {
  const tokenizer = await openTokenizer(await written(base, files));
  expect(texts.map(text => tokenizer.encode(text))).toEqual(ids);
  for (const [list, without, withSpecial] of decoded) {
    expect([tokenizer.decode(list), tokenizer.decode(list, { skipSpecialTokens: false })]).toEqual([
      without,
      withSpecial,
    ]);
  }
});

function written(base: string, files: (typeof cases)[number]['files']): Promise<string> {
  const stored = { ...(json(`${base}/tokenizer.json`) as Stored), ...(files.tokenizer as object) } as Stored;
  const size = Math.max(...Object.values(stored.model.vocab), ...stored.added_tokens.map(t => t.id)) + 1;
  const more = (files.added ?? []).map((token, i) => ({ id: size + i, ...token }));
  const config = { ...json(`${base}/tokenizer_config.json`), ...files.tokenizer_config };
  const beside = ['config', 'special_tokens_map', 'added_tokens'].filter(name => name in files);
  return folderWith({
    'tokenizer.json': { ...stored, added_tokens: [...stored.added_tokens, ...more] },
    ...(files.tokenizer_config === null ? {} : { 'tokenizer_config.json': config }),
    ...Object.fromEntries(beside.map(name => [`${name}.json`, files[name]!])),
  });
}

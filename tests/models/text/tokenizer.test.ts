import { describe, expect, test } from 'vitest';
import { openTokenizer } from '../../../src/models/text/tokenizer.js';
import { folderWith } from '../model-files.js';
import { tokenizerFixture, tokenizerKinds } from '../tokenizer-fixtures.js';

describe.each(tokenizerKinds)('%s: as Python’s tokenizers', kind => {
  const { dir, texts } = tokenizerFixture(kind);

  test.each(texts)('ids of $text', async ({ text, ids, bare }) => {
    const tokenizer = await openTokenizer(dir);
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(bare);
  });

  test.each(texts)('text of the ids of $text', async ({ ids, decoded, decodedWithSpecial }) => {
    const tokenizer = await openTokenizer(dir);
    expect(tokenizer.decode(ids)).toBe(decoded);
    expect(tokenizer.decode(ids, { skipSpecialTokens: false })).toBe(decodedWithSpecial);
  });
});

test('special tokens by name', async () => {
  const llama = await openTokenizer(tokenizerFixture('llama').dir);
  expect([llama.bosTokenId, llama.idOf('</s>'), llama.idOf('no such token')]).toEqual([1, 2, null]);
  const words = await openTokenizer(tokenizerFixture('words').dir); // its config spells the BOS as an object
  expect(words.bosTokenId).toBe(1);
  const qwen = await openTokenizer(tokenizerFixture('qwen').dir);
  expect(qwen.bosTokenId).toBeNull();
});

test('a text that no model could take is refused before it is tokenized', async () => {
  const { dir } = tokenizerFixture('llama');
  const tokenizer = await openTokenizer(dir, { maxTokens: 4096 });
  expect(() => tokenizer.encode('what color '.repeat(100_000))).toThrow(
    /the prompt has \d+ tokens or more; the model takes 4096 .*: shorten the question/,
  );
  expect(tokenizer.encode('Hello')).toEqual((await openTokenizer(dir)).encode('Hello'));
});

describe('what is missing or wrong', () => {
  test.each<[string, Record<string, object>, RegExp]>([
    ['no files', {}, /tokenizer\.json: no such file; download/],
    [
      'SentencePiece only',
      { 'tokenizer.model': new Uint8Array(1) },
      /convert its tokenizer\.model once: python -c/,
    ],
    ['another JSON', { 'tokenizer.json': { vocab: {} } }, /tokenizer\.json: model: .*expected object/],
    [
      'an unknown kind',
      { 'tokenizer.json': { model: { type: 'Magic' } } },
      /not a tokenizer that can be used here/,
    ],
    ['a damaged file', { 'tokenizer.json': Buffer.from('{"model') }, /not valid JSON/],
  ])('%s', async (_, files, message) => {
    await expect(openTokenizer(await folderWith(files))).rejects.toThrow(message);
  });
});

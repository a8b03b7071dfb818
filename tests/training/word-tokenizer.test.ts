import { Tokenizer } from '@huggingface/tokenizers';
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { BEFORE_IMAGE } from '../../src/training/batches.js';
import { tokenizerJson, VOCABULARY, wordIds } from '../../src/training/word-tokenizer.js';
import { captions } from '../../src/world/mini/captions.js';
import { instruct } from '../../src/world/mini/instruct.js';
import { worldScene } from '../../src/world/mini/world.js';

const shipped = new Tokenizer(tokenizerJson() as object, { bos_token: '<s>', add_bos_token: false });
const UNKNOWN = VOCABULARY.indexOf('<unk>');

test('the shipped tokenizer splits every text of the world as the training did, and knows all of its words', () => {
  for (let index = 0; index < 60; index++) {
    const scene = worldScene('train', index);
    const random = seededRandom('tokenizer test', index);
    const texts = [
      ...instruct(scene, random, 14).flatMap(({ question, answer }) => [`${question} ASSISTANT:`, answer]),
      ...captions(scene, random, 5),
    ];
    for (const text of texts) {
      const ids = wordIds(text);
      expect(shipped.encode(text, { add_special_tokens: false }).ids, text).toEqual(ids);
      expect(ids).not.toContain(UNKNOWN);
    }
  }
});

test('a prompt begins with <s> and USER:', () => {
  expect(shipped.encode('USER: ').ids).toEqual(BEFORE_IMAGE);
});

test('a word from elsewhere is an error, not <unk>', () => {
  expect(() => wordIds('a giraffe')).toThrow('"giraffe" is not a word of the miniature');
});

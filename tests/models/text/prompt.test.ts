import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import {
  encodePrompt,
  promptTemplate,
  promptTemplates,
  renderPrompt,
  textOnly,
} from '../../../src/models/text/prompt.js';
import { openTokenizer } from '../../../src/models/text/tokenizer.js';
import { readModelFixture } from '../../support/fixtures.js';
import { tokenizerFixture, tokenizerKinds } from '../tokenizer-fixtures.js';

const { vicuna_v1: vicuna, llava_v1: llava, plain } = promptTemplates;

const render = (template: string, question: string, suffix = '', image = true) =>
  renderPrompt(image ? template : textOnly(template), question, suffix);

describe('rendering', () => {
  test('vicuna_v1 with the suffix of a benchmark, to the letter', () => {
    const suffix = 'Answer the question using a single word or phrase.';
    expect(render(vicuna, 'Is it red?', suffix)).toBe(
      "A chat between a curious user and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the user's questions. USER: <image>\nIs it red?\nAnswer the question using a single word or phrase. ASSISTANT:",
    );
  });

  test("llava_v1 says human for user, and the authors' suffixes bring their own separation", () => {
    const suffix = ' \nPlease answer either "yes" or "no". For example, "yes".';
    expect(render(llava, 'Is it red?', suffix)).toBe(
      'A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, and polite answers to the human\'s questions. USER: <image>\nIs it red? \nPlease answer either "yes" or "no". For example, "yes". ASSISTANT:',
    );
  });

  test('no suffix, and characters that mean something to replacements', () => {
    expect(render(plain, 'Is $& or {question} there?')).toBe(
      'USER: <image>\nIs $& or {question} there? ASSISTANT:',
    );
  });

  test.each([
    [plain, 'USER: Is it red? ASSISTANT:'],
    ['<|im_start|>user <image> {question}', '<|im_start|>user  Is it red?'],
  ])('without an image: %j', (template, prompt) => {
    expect(render(template, 'Is it red?', '', false)).toBe(prompt);
  });

  test('a question or suffix with <image> in it is refused', () => {
    expect(() => render(plain, 'What is <image>?')).toThrow(UserError);
    expect(() => render(plain, 'What?', 'See <image>')).toThrow(/contains <image>.*reword/);
    expect(() => render(plain, 'What is <image>?', '', false)).toThrow(UserError);
  });
});

describe('choosing a template', () => {
  test('by name, or by a text with both places', () => {
    expect(promptTemplate('plain')).toBe(plain);
    const text = 'Q: {question} <image> A:';
    expect(promptTemplate(text)).toBe(text);
  });

  test.each([
    ['vicuna_v2', /"vicuna_v2" is unknown; the nearest one is "vicuna_v1"/],
    ['USER: {question}', /needs <image> once and \{question\} once, found them 0 and 1 times/],
    ['<image><image>{question}', /found them 2 and 1 times/],
  ])('%j is refused', (template, message) => {
    expect(() => promptTemplate(template)).toThrow(message);
  });
});

describe.each(tokenizerKinds)('tokens around the image: %s', kind => {
  const { dir, prompts } = tokenizerFixture(kind);

  test.each(prompts)('$prompt', async ({ prompt, separate, whole }) => {
    const tokenizer = await openTokenizer(dir);
    const image = tokenizer.idOf('<image>')!;
    for (const [way, expected] of [
      ['separate', separate],
      ['whole', whole],
    ] as const) {
      const { before, after } = encodePrompt(tokenizer, prompt, way);
      expect([...before, image, ...after]).toEqual(expected);
    }
  });

  test.each(['separate', 'whole'] as const)('questions share what is before the image (%s)', async way => {
    const tokenizer = await openTokenizer(dir);
    const encoded = ['Is it red?', ' odd', '\nodder'].map(question =>
      encodePrompt(tokenizer, render(vicuna, question), way),
    );
    for (const { before } of encoded) expect(before).toEqual(encoded[0]!.before);
  });

  test('one BOS, or none where the model has none', async () => {
    const tokenizer = await openTokenizer(dir);
    const { before, after } = encodePrompt(tokenizer, 'USER: <image>\nWhat? ASSISTANT:');
    const bos = tokenizer.bosTokenId;
    expect([...before, ...after].filter(id => id === bos)).toEqual(bos === null ? [] : [bos]);
    if (bos !== null) expect(before[0]).toBe(bos);
  });
});

describe("the small suite's template, as transformers' processor tokenizes it", () => {
  const { checkpoint, record } = readModelFixture('siglip-qwen2');

  test.each(['separate', 'whole'] as const)('%s', async way => {
    const tokenizer = await openTokenizer(checkpoint);
    const image = new Array<number>(record.visionTokens).fill(record.imageTokenId);
    for (const { question, promptTokenIds } of record.generations) {
      const prompt = render(promptTemplates.qwen_chat, question);
      const { before, after } = encodePrompt(tokenizer, prompt, way);
      expect([...before, ...image, ...after]).toEqual(promptTokenIds);
    }
  });
});

test('the two ways differ for later LLaMA tokenizers alone: one token after the image', () => {
  const differing = tokenizerKinds.filter(kind =>
    tokenizerFixture(kind).prompts.some(p => p.separate.join() !== p.whole.join()),
  );
  expect(differing).toEqual(['llama']);
});

test('without an image everything comes after', async () => {
  const tokenizer = await openTokenizer(tokenizerFixture('words').dir);
  const prompt = render(plain, 'what is the color?', '', false);
  const { before, after } = encodePrompt(tokenizer, prompt);
  expect(before).toEqual([]);
  expect(tokenizer.decode(after, { skipSpecialTokens: false })).toBe(
    '<s> USER: what is the color ? ASSISTANT:',
  );
});

test('more than one image is refused', async () => {
  const tokenizer = await openTokenizer(tokenizerFixture('words').dir);
  expect(() => encodePrompt(tokenizer, 'USER: <image> <image>')).toThrow(/more than one <image>/);
});

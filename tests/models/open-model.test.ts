import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UserError } from '../../src/errors.js';
import { generate } from '../../src/models/decoding/generate.js';
import { prefill } from '../../src/models/decoding/prefill.js';
import { openModel } from '../../src/models/open-model.js';
import { encodePrompt, promptTemplates, renderPrompt } from '../../src/models/text/prompt.js';
import { useEngine } from '../support/engine.js';
import { readModelFixture } from '../support/fixtures.js';
import { folderWith } from './model-files.js';

useEngine();

type Json = Record<string, unknown>;

/** A copy of a recorded checkpoint with some JSON files changed: keys that replace those there. */
async function changed(
  name: 'mha-untied' | 'siglip-qwen2',
  files: Readonly<Record<string, Json | string>>,
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-open-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  await cp(readModelFixture(name).checkpoint, dir, { recursive: true });
  for (const [file, value] of Object.entries(files)) {
    const path = join(dir, file);
    const content = typeof value === 'string' ? value : JSON.stringify({ ...stored(path), ...value });
    await writeFile(path, content);
  }
  return dir;
}

function stored(path: string): Json {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

test('a model that does not fit is refused before anything is loaded', async () => {
  const { checkpoint } = readModelFixture('siglip-qwen2');
  const before = tf.memory().numTensors;
  await expect(openModel(checkpoint, { memoryLimit: 1000 })).rejects.toThrow(/does not fit: it needs/);
  expect(tf.memory().numTensors).toBe(before);
});

test.each([
  ['siglip-qwen2', promptTemplates.qwen_chat, /a qwen2 decoder's/],
  ['gqa-tied', promptTemplates.llava_v1, /the protocol's/],
] as const)("%s: the decoder's own template, else the protocol's", async (name, template, why) => {
  const before = tf.memory().numTensors;
  const model = await openModel(readModelFixture(name).checkpoint, { memoryLimit: 2 ** 31 });
  expect(model.template(undefined, promptTemplates.llava_v1)).toBe(template);
  expect(model.chosenTemplate(undefined, promptTemplates.llava_v1).why).toMatch(why);
  expect(model.template('plain', promptTemplates.llava_v1)).toBe(promptTemplates.plain);
  model.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

describe("the folder's own chat template", () => {
  const jinja =
    "{% for c in messages[0].content %}{% if c.type == 'image' %}<image>{% else %} {{ c.text }}{% endif %}{% endfor %} =>";

  test('is used where there is no preset, and said', async () => {
    const model = await openModel(await changed('siglip-qwen2', { 'chat_template.jinja': jinja }));
    expect(model.chosenTemplate(undefined, 'plain')).toEqual({
      text: '<image> {question} =>',
      why: expect.stringMatching(/the folder's own chat template \(.*chat_template\.jinja\)/),
    });
    expect(model.imageText).toBe('whole');
    expect(model.chosenTemplate('plain').why).toBe('asked for');
    model.dispose();
  });

  test("gives way to a preset's", async () => {
    const dir = await changed('mha-untied', {
      'chat_template.jinja': jinja,
      'vlm-spatial.json': { template: 'plain' },
    });
    const model = await openModel(dir);
    expect(model.template(undefined)).toBe(promptTemplates.plain);
    expect(model.imageText).toBe('separate');
    model.dispose();
  });

  test('that cannot be rendered is refused only where it would be used', async () => {
    const model = await openModel(await changed('mha-untied', { 'chat_template.jinja': '{% for %}' }));
    expect(model.template('plain')).toBe(promptTemplates.plain);
    expect(() => model.template(undefined)).toThrow(/chat_template\.jinja.*give --template/);
    model.dispose();
  });
});

describe('refused before weights are looked for', () => {
  const llava = { model_type: 'llava' };
  test.each<[string, Json, RegExp]>([
    [
      'an unknown model type',
      { model_type: 'blip' },
      /"blip", which is not supported; the nearest supported one is "llava"/,
    ],
    ['an unknown decoder', { ...llava, text_config: { model_type: 'mamba' } }, /the decoder is a "mamba"/],
    [
      'an unknown tower',
      { ...llava, vision_config: { model_type: 'dinov2' } },
      /the vision tower is a "dinov2"/,
    ],
    [
      'a layer that the tower lacks',
      { ...llava, vision_feature_layer: -30 },
      /layer -30 does not exist: the tower has 24/,
    ],
    ['one of several layers', { ...llava, vision_feature_layer: [1, 25] }, /layer 25 does not exist/],
    ...(
      [
        [{ quant_method: 'bitsandbytes', load_in_4bit: true }, 'bitsandbytes, 4 bits'],
        [{ load_in_8bit: true, load_in_4bit: false }, 'bitsandbytes, 8 bits'],
        [{ quant_method: 'awq', bits: 4 }, 'AWQ'],
        [{ quant_method: 'gptq', bits: 4 }, 'GPTQ'],
        [{ quant_method: 'fp8' }, 'FP8'],
        [{ quant_method: 'compressed-tensors' }, 'compressed-tensors'],
        [{ quant_method: 'newest' }, 'newest'],
        [{ bits: 3 }, 'an unknown method'],
      ] as const
    ).flatMap(([quantization_config, method]): [string, Json, RegExp][] => [
      [
        method,
        { ...llava, quantization_config },
        new RegExp(`quantised \\(${method}\\), which is not supported`),
      ],
      [
        `${method} in the decoder`,
        { ...llava, text_config: { quantization_config } },
        /text_config\.quantization_config.*quantised/,
      ],
    ]),
    ['older compressed-tensors', { ...llava, compression_config: {} }, /quantised \(compressed-tensors\)/],
  ])('%s', async (_, config, message) => {
    const error = await openModel(await folderWith({ 'config.json': config })).catch(e => e);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
  });

  test('bitsandbytes that quantised nothing is none', async () => {
    const quantization_config = { load_in_4bit: false, load_in_8bit: false };
    const model = await openModel(await changed('mha-untied', { 'config.json': { quantization_config } }));
    model.dispose();
  });
});

describe('processor and tower', () => {
  test.each([
    [
      'mha-untied',
      { size: { shortest_edge: 14 }, crop_size: { height: 14, width: 14 } },
      /28×28.*makes 14×14/,
    ],
    ['siglip-qwen2', { size: { height: 36, width: 36 } }, /37×37.*makes 36×36/],
  ] as const)('%s of another size is refused with both', async (name, keys, message) => {
    const before = tf.memory().numTensors;
    await expect(openModel(await changed(name, { 'preprocessor_config.json': keys }))).rejects.toThrow(
      message,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a config.json that is none', () => {
  const at = async (make: (path: string) => Promise<unknown> | unknown): Promise<string> => {
    const dir = await changed('mha-untied', {});
    await rm(join(dir, 'config.json'));
    await make(join(dir, 'config.json'));
    return dir;
  };
  test.each<[string, (path: string) => unknown, RegExp]>([
    ['a folder', path => mkdir(path), /config\.json: expected a file, found a folder/],
    ['a pipe', path => execFileSync('mkfifo', [path]), /config\.json: expected a file, found a pipe/],
    [
      'a million lists in one another',
      path => writeFile(path, '['.repeat(1e6) + ']'.repeat(1e6)),
      /at most 256 levels deep/,
    ],
    [
      'a million objects in one another',
      path =>
        writeFile(path, `{"model_type":"llava","text_config":${'{"a":'.repeat(1e6)}1${'}'.repeat(1e6)}}`),
      /at most 256 levels deep/,
    ],
  ])('%s: one line', async (_, make, message) => {
    const error = await openModel(await at(make)).catch(e => e);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('\n');
  });
});

test.each([
  ['first', '<image>\n{question}'],
  ['last', '{question}<image>'],
])('a question of 200,000 words, the image %s: one line', async (_, template) => {
  const model = await openModel(readModelFixture('siglip-qwen2').checkpoint);
  const prompt = renderPrompt(template, 'what color '.repeat(100_000), '');
  const { before, after } = encodePrompt(model.tokenizer, prompt, model.imageText);
  const ask = () => {
    const prefix = prefill(model.llava, before, null);
    return generate(model.llava, prefix, [after], { maxNewTokens: 1, stopIds: [], temperature: 0 });
  };
  expect(ask).toThrow(
    /the prompt has \d{6} tokens, image included; the model takes \d+ .*: shorten the question/,
  );
  model.dispose();
});

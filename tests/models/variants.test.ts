import { readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readConfig, readLlavaConfig } from '../../src/models/config/read-config.js';
import { generate } from '../../src/models/decoding/generate.js';
import { prefill } from '../../src/models/decoding/prefill.js';
import type { DecodingRules } from '../../src/models/decoding/rules.js';
import { processImage } from '../../src/models/images/processor.js';
import { readImageProcessor } from '../../src/models/images/processor-config.js';
import type { Llava } from '../../src/models/llava.js';
import { openModel } from '../../src/models/open-model.js';
import { seededRandom } from '../../src/random.js';
import { useEngine } from '../support/engine.js';
import { readModelFixture } from '../support/fixtures.js';
import { loadFixture } from '../support/load-fixture.js';
import { folderWith } from './model-files.js';

type Json = Record<string, unknown>;
type Ends = number | number[] | null;

/** Small changes to a checkpoint's JSON files, and what transformers makes of each (parity/make_variant_fixtures.py). */
const variants: {
  heads: {
    top: boolean | null;
    text: boolean | null;
    headStored: boolean;
    tableStored: boolean;
    head: string;
    table: string;
  }[];
  generation: { keys: Json; answers: number[][] }[];
  windows: { keys: Json; answers: number[][] }[];
  stops: { generation: Ends; top: Ends; text: Ends; ends: number[] | null }[];
  configs: {
    config: Json;
    ropeTheta?: number;
    imageTokenId?: number;
    window?: { size: number; layers: boolean[] } | null;
  }[];
  processors: {
    name: string;
    old: Json | null;
    new: Json | null;
    mean: number[];
    std: number[];
    levels: Record<string, { side: number; data: number[] }>;
  }[];
} = JSON.parse(readFileSync(new URL('../../parity/fixtures/variants.json', import.meta.url), 'utf8'));

useEngine();

const HEAD = 'language_model.lm_head.weight';
const TABLE = 'language_model.model.embed_tokens.weight';

const weights = (names: readonly string[] = [HEAD, TABLE]) => ({
  has: (name: string) => names.includes(name),
  shape: () => [],
  storedName: (name: string) => name,
});

const where = (key: string, value: unknown): Json => (value === null ? {} : { [key]: value });

describe('which tensor is the output head: what is stored, whatever tie_word_embeddings says', () => {
  test.each(variants.heads)(
    'top $top, text $text, stored: head $headStored, table $tableStored',
    async variant => {
      const { top, text, headStored, tableStored } = variant;
      const config = {
        model_type: 'llava',
        ...where('tie_word_embeddings', top),
        text_config: { model_type: 'llama', ...where('tie_word_embeddings', text) },
      };
      const stored = [...(headStored ? [HEAD] : []), ...(tableStored ? [TABLE] : [])];
      const { tiedHead, tableIsHead } = (
        await readLlavaConfig(await folderWith({ 'config.json': config }), weights(stored))
      ).text;
      const head = tiedHead ? 'table' : headStored ? 'head' : 'random';
      const table = tableIsHead ? 'head' : tableStored ? 'table' : 'random';
      expect([head, table]).toEqual([variant.head, variant.table]);
    },
  );
});

describe('ids that end an answer: generation_config.json, else the top level, else text_config', () => {
  test.each(variants.stops)('$generation, $top, $text', async ({ generation, top, text, ends }) => {
    const config = {
      model_type: 'llava',
      ...where('eos_token_id', top),
      text_config: { model_type: 'llama', ...where('eos_token_id', text) },
    };
    const files = generation === null ? {} : { 'generation_config.json': { eos_token_id: generation } };
    const read = await readLlavaConfig(await folderWith({ 'config.json': config, ...files }), weights());
    // Where nothing names one, transformers never stops; we stop at LLaMA's.
    expect(read.text.eosTokenIds).toEqual(ends ?? [2]);
  });
});

describe('keys with an old and a new name, and sliding windows', () => {
  test.each(variants.configs)('$config', async ({ config, ropeTheta, imageTokenId, window }) => {
    const read = await readLlavaConfig(
      await folderWith({ 'config.json': { model_type: 'llava', ...config } }),
      weights(),
    );
    if (ropeTheta !== undefined) expect(read.text.ropeTheta).toBe(ropeTheta);
    if (imageTokenId !== undefined) expect(read.imageTokenId).toBe(imageTokenId);
    if (window !== undefined) expect(read.text.slidingWindow ?? null).toEqual(window);
  });
});

describe('image processors by their files and keys', () => {
  test.each(variants.processors)('$name', async ({ old, new: nested, mean, std, levels }) => {
    const dir = await folderWith({
      ...(old && { 'preprocessor_config.json': old }),
      ...(nested && { 'processor_config.json': nested }),
    });
    const processor = await readImageProcessor(dir);
    expect([processor.mean, processor.std]).toEqual([mean, std]);
    for (const [name, { side, data }] of Object.entries(levels)) {
      const file = new URL(`../../parity/fixtures/images/${name}`, import.meta.url);
      const made = await processImage(readFileSync(file), processor);
      expect(made.side).toBe(side);
      const off = data.map((level, i) =>
        Math.abs((made.pixels[i]! * std[i % 3]! + mean[i % 3]!) * 255 - level),
      );
      expect(Math.max(...off)).toBeLessThan(1.001);
    }
  });
});

describe('generation_config.json', () => {
  let model: Promise<Llava> | undefined;
  const fixture = readModelFixture('mha-untied');

  const rulesOf = async (
    keys: Json,
  ): Promise<{ rules: DecodingRules; setAside: readonly string[]; stopIds: readonly number[] }> => {
    const dir = await folderWith({
      'config.json': { model_type: 'llava' },
      'generation_config.json': { eos_token_id: 2, ...keys },
    });
    const { generation } = await readConfig(dir);
    return { rules: generation.rules(), setAside: generation.setAside, stopIds: generation.eosTokenIds! };
  };

  test.each(variants.generation)('$keys is obeyed as transformers does', async ({ keys, answers }) => {
    model ??= loadFixture(fixture);
    const { rules, setAside, stopIds } = await rulesOf(keys);
    const changes = Object.keys(keys).filter(key => key !== 'eos_token_id');
    expect(setAside.map(text => text.split(' ')[0]).sort()).toEqual(
      (keys.temperature && !keys.do_sample ? [] : changes).sort(),
    );
    expect(answersOf(await model, 'mha-untied', { rules, stopIds })).toEqual(answers);
  });

  test('what is set aside is said in one line, and what cannot be obeyed is refused by name', async () => {
    const dir = await folderWith({
      'config.json': { model_type: 'llava' },
      'generation_config.json': {
        repetition_penalty: 1.3,
        num_beams: 4,
        max_new_tokens: 9,
        top_p: 0.5,
        use_cache: true,
      },
    });
    const { generation } = await readConfig(dir);
    expect(generation.notice).toMatch(
      /set aside, since answers are plain greedy: repetition_penalty 1\.3, num_beams 4 \(--generation-config/,
    );
    expect(() => generation.rules()).toThrow(/num_beams cannot be obeyed here; take it out/);
    const plain = await folderWith({ 'config.json': { model_type: 'llava' } });
    expect((await readConfig(plain)).generation.notice).toBeNull();
  });
});

describe("Qwen2's sliding window", () => {
  test.each(variants.windows)('$keys', async ({ keys, answers }) => {
    const fixture = readModelFixture('clip-qwen2-full');
    const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-window-'));
    onTestFinished(() => rm(dir, { recursive: true, force: true }));
    await cp(fixture.checkpoint, dir, { recursive: true });
    const config = JSON.parse(readFileSync(join(dir, 'config.json'), 'utf8'));
    const { layer_types: _, ...text } = config.text_config;
    await writeFile(
      join(dir, 'config.json'),
      JSON.stringify({ ...config, text_config: { ...text, ...keys } }),
    );
    const opened = await openModel(dir);
    expect(answersOf(opened.llava, 'clip-qwen2-full', { stopIds: opened.stopIds })).toEqual(answers);
    opened.dispose();
  });
});

/** Greedy answers to a fixture's recorded prompts. */
function answersOf(
  model: Llava,
  name: 'mha-untied' | 'clip-qwen2-full',
  options: { rules?: DecodingRules; stopIds: readonly number[] },
): (readonly number[])[] {
  const { record, tensor } = readModelFixture(name);
  const { data, shape } = tensor('projector');
  const visionTokens = tf.tensor2d(data, shape as [number, number]);
  const { imageStart, visionTokens: count, generations } = record;
  const prefix = prefill(model, generations[0]!.promptTokenIds.slice(0, imageStart), visionTokens);
  const answers = generate(
    model,
    prefix,
    generations.map(g => g.promptTokenIds.slice(imageStart + count)),
    {
      maxNewTokens: 12,
      temperature: 0,
      randoms: generations.map(g => seededRandom(g.question)),
      ...options,
    },
  );
  prefix.dispose();
  visionTokens.dispose();
  return answers.map(a => a.tokenIds);
}

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runFetch } from '../../src/fetch/fetch-preset.js';
import { planFetch } from '../../src/fetch/plan.js';
import { fetchPresets } from '../../src/harness/fetch-presets.js';
import { openModel } from '../../src/library/model.js';
import { openSafetensors } from '../../src/models/weights/safetensors.js';
import { safetensors } from '../models/model-files.js';
import { useEngine } from '../support/engine.js';
import { readModelFixture } from '../support/fixtures.js';
import { contextOf, root, server } from './setup.js';
import { noise } from './stand-in.js';

useEngine();

/** Fetches a preset of the package's as it stands; gives its folder. */
async function fetchPreset(name: string): Promise<string> {
  const preset = fetchPresets('model').find(one => one.name === name)!;
  const folder = join(root, name);
  const context = contextOf();
  const plan = await planFetch(preset, folder, context);
  await runFetch(plan, context.web, { onBytes: () => {}, onNote: () => {} });
  return folder;
}

const filesOf = (folder: string): Record<string, Buffer> =>
  Object.fromEntries(readdirSync(folder).map(name => [name, readFileSync(join(folder, name))]));

interface Stored {
  readonly dtype: string;
  readonly shape: number[];
  readonly bytes: Uint8Array;
}

function tensorsOf(file: string): Record<string, Stored> {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE());
  const { __metadata__, ...header } = JSON.parse(bytes.toString('utf8', 8, start));
  const entries = Object.entries(
    header as Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>,
  );
  return Object.fromEntries(
    entries.map(([name, { dtype, shape, data_offsets }]) => {
      const [from, to] = data_offsets;
      return [name, { dtype, shape, bytes: bytes.subarray(start + from, start + to) }];
    }),
  );
}

const fixture = readModelFixture('llava-normalize-multilayer');
/** The tensors of its tower that a whole LLaVA has as well. */
const tower = Object.entries(tensorsOf(join(fixture.visionTower!, 'model.safetensors'))).filter(
  ([name]) => name.startsWith('vision_model.') && !name.endsWith('position_ids'),
);

/**
 * A whole LLaVA's shards with the fixture's tower in them, as transformers names its tensors; between those of the tower lie
 * others, whose bytes are of no tower.
 */
function shards(prefix = ''): Record<string, Buffer> {
  const other = (i: number): [string, Stored] => [
    `${prefix}language_model.model.layers.${i}.x`,
    { dtype: 'F32', shape: [25], bytes: noise(100, i) },
  ];
  const all = tower.flatMap(([name, tensor], i): [string, Stored][] => [
    [`${prefix}vision_tower.${name}`, tensor],
    ...(i % 10 === 0 ? [other(i)] : []),
  ]);
  const half = Math.ceil(all.length / 2);
  return {
    'model-00001-of-00002.safetensors': safetensors(Object.fromEntries([other(1000), ...all.slice(0, half)])),
    'model-00002-of-00002.safetensors': safetensors(Object.fromEntries([...all.slice(half), other(1001)])),
    'model.safetensors.index.json': Buffer.from('{}'),
  };
}

function publish(prefix?: string): void {
  const {
    'tokenizer.json': tokenizer,
    'tokenizer_config.json': tokenizerConfig,
    ...own
  } = filesOf(fixture.checkpoint);
  server.add('user074/llava-v1.5-7b-multilayerNorm', { ...own, 'tokenizer.model': 'SentencePiece' });
  server.add('llava-hf/llava-1.5-7b-hf', {
    ...shards(prefix),
    ...{ 'tokenizer.json': tokenizer!, 'tokenizer_config.json': tokenizerConfig!, 'config.json': '{}' },
  });
  const { 'model.safetensors': _, ...openai } = filesOf(fixture.visionTower!);
  server.add('openai/clip-vit-large-patch14-336', {
    ...openai,
    'pytorch_model.bin': noise(3000),
    'tf_model.h5': noise(3000, 2),
  });
}

describe("+ Normalize + Multilayer, from LLaVA's own format, llava-hf's tokenizer and a tower that is cut out of llava-hf's shards", () => {
  test.each(['', 'model.'])(
    'opens and answers as the checkpoint it was made of (tensors named %svision_tower…)',
    async prefix => {
      publish(prefix);
      const folder = await fetchPreset('llava-1.5-7b-normalize-multilayer');
      const visionTower = await fetchPreset('clip-vit-large-patch14-336');
      expect(existsSync(join(folder, 'tokenizer.model'))).toBe(false);
      expect((await readdir(visionTower)).sort()).toEqual([
        '.vlm-spatial-fetch.json',
        'config.json',
        'model.safetensors',
        'preprocessor_config.json',
      ]);
      const image = readFileSync(fixture.image);
      const answers = [];
      for (const [checkpoint, towerFolder] of [
        [folder, visionTower],
        [fixture.checkpoint, fixture.visionTower],
      ] as const) {
        const model = await openModel(checkpoint, { visionTower: towerFolder, backend: 'wasm' });
        const { question } = fixture.record.generations[0]!;
        const asked = {
          suffix: '',
          template: fixture.record.template,
          maxNewTokens: 12,
          temperature: 0,
          seed: 0,
        };
        const { output, tokenIds } = await (await model.image(image)).ask(question, asked);
        answers.push({ output, tokenIds: tokenIds.answer });
        expect(model.processor.pad).not.toBeNull();
        model.dispose();
      }
      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0]!.tokenIds).toEqual(fixture.record.generations[0]!.tokenIds);
    },
  );
});

describe('a tower that is cut out of a model', () => {
  test('has the very bytes of its tensors, and nothing else is downloaded', async () => {
    publish();
    const folder = await fetchPreset('clip-vit-large-patch14-336');
    const file = join(folder, 'model.safetensors');
    const found = tensorsOf(file);
    expect(Object.keys(found)).toHaveLength(tower.length);
    for (const [name, { dtype, shape, bytes }] of tower) {
      const there = found[`vision_tower.${name}`]!;
      expect([there.dtype, there.shape, Buffer.from(bytes).equals(there.bytes)]).toEqual([
        dtype,
        shape,
        true,
      ]);
    }
    await (await openSafetensors(file)).close();
    expect(
      server.asked.filter(({ path, headers }) => path.includes('.safetensors') && !headers.range),
    ).toEqual([]);
  });

  test('arrives over connections that break, at its header and amid its tensors', async () => {
    publish();
    const whole = readFileSync(join(await fetchPreset('clip-vit-large-patch14-336'), 'model.safetensors'));
    await rm(join(root, 'clip-vit-large-patch14-336'), { recursive: true });
    let breaks = 0;
    server.fault = ({ onCdn, headers }) => {
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
      const long = onCdn && Number(to) - Number(from) > 2000;
      return long && breaks++ < 4 ? { cutAfter: 1500 } : undefined;
    };
    const again = readFileSync(join(await fetchPreset('clip-vit-large-patch14-336'), 'model.safetensors'));
    expect(breaks).toBeGreaterThan(4);
    expect(again.equals(whole)).toBe(true);
  });

  test.each([
    [
      'no such tensors',
      safetensors({ 'lm_head.weight': { dtype: 'F32', shape: [300], bytes: noise(1200) } }),
      /no tensors named vision_tower\.…/,
    ],
    [
      'a header that is too long',
      Buffer.concat([Buffer.from([255, 255, 255, 255, 255, 255, 0, 0]), noise(2000)]),
      /its header is too long/,
    ],
    [
      'a header that is none',
      Buffer.concat([Buffer.from([100, 0, 0, 0, 0, 0, 0, 0]), noise(2000)]),
      /its header is not one/,
    ],
    [
      'a tensor outside the file',
      Buffer.concat([
        Buffer.from([80, 0, 0, 0, 0, 0, 0, 0]),
        Buffer.from('{"vision_tower.x":{"dtype":"F32","shape":[1],"data_offsets":[0,99999]}}'.padEnd(80)),
        noise(2000),
      ]),
      /"vision_tower\.x" lies outside the file/,
    ],
  ])('is refused where the shards have %s', async (_, shard, message) => {
    publish();
    server.add('llava-hf/llava-1.5-7b-hf', { 'model.safetensors': shard });
    await expect(fetchPreset('clip-vit-large-patch14-336')).rejects.toThrow(message);
  });

  test('is refused where the server does not give parts', async () => {
    publish();
    server.fault = ({ onCdn }) => (onCdn ? { status: 200, body: noise(5000) } : undefined);
    await expect(fetchPreset('clip-vit-large-patch14-336')).rejects.toThrow(/cannot be read in parts/);
  });

  test("replaces no conversion of one's own", async () => {
    publish();
    const folder = await fetchPreset('clip-vit-large-patch14-336');
    await writeFile(join(folder, 'model.safetensors'), 'mine');
    await expect(fetchPreset('clip-vit-large-patch14-336')).rejects.toThrow(/is there, but is not what/);
  });
});

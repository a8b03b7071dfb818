import { cp, open, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { openCheckpoint } from '../../../src/models/weights/checkpoint.js';
import { f32, folderWith, safetensors, withHeader } from '../model-files.js';

const HEAD = 'language_model.lm_head.weight';
const NORM = 'language_model.model.norm.weight';

/** Every 16-bit pattern once, as a tensor. */
const allPatterns = Uint16Array.from({ length: 1 << 16 }, (_, i) => i);

async function readPatterns(dtype: string): Promise<Float32Array> {
  const tensor = { dtype, shape: [1 << 16], bytes: new Uint8Array(allPatterns.buffer) };
  const checkpoint = await openCheckpoint(
    await folderWith({ 'model.safetensors': safetensors({ [HEAD]: tensor }) }),
  );
  const values = await checkpoint.read(HEAD);
  await checkpoint.close();
  return values;
}

/** The patterns that became another value; NaN equals NaN, -0 is not 0. */
const differing = (values: Float32Array, expected: Float32Array) =>
  [...allPatterns].filter(bits => !Object.is(values[bits], expected[bits]));

describe('values', () => {
  test('float32 as it is, by any name of the tensor', async () => {
    const file = safetensors({ 'lm_head.weight': f32([2, 2], [1, -2, 0.1, 3e38]) });
    const checkpoint = await openCheckpoint(await folderWith({ 'model.safetensors': file }));
    expect(checkpoint.names()).toEqual([HEAD]);
    expect(checkpoint.storedName(HEAD)).toBe('lm_head.weight');
    expect(checkpoint.shape(HEAD)).toEqual([2, 2]);
    expect(await checkpoint.read(HEAD, [2, 2])).toEqual(Float32Array.of(1, -2, 0.1, 3e38));
    const stored = checkpoint.stored(HEAD);
    const bytes = new Uint8Array(stored.byteLength);
    await stored.readInto(bytes);
    expect([stored.dtype, ...new Float32Array(bytes.buffer)]).toEqual([
      'F32',
      1,
      -2,
      Math.fround(0.1),
      Math.fround(3e38),
    ]);
    await checkpoint.close();
  });

  test('every float16 exactly, by the definition of the format', async () => {
    const expected = Float32Array.from(allPatterns, bits => {
      const sign = bits >> 15 ? -1 : 1;
      const exponent = (bits >> 10) & 31;
      const fraction = (bits & 1023) / 1024;
      if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
      return exponent === 0 ? sign * 2 ** -14 * fraction : sign * 2 ** (exponent - 15) * (1 + fraction);
    });
    expect(differing(await readPatterns('F16'), expected)).toEqual([]);
  });

  test('every bfloat16 exactly: the upper half of a float32', async () => {
    const view = new DataView(new ArrayBuffer(4));
    const expected = Float32Array.from(allPatterns, bits => {
      view.setUint16(0, bits);
      return view.getFloat32(0);
    });
    expect(differing(await readPatterns('BF16'), expected)).toEqual([]);
  });

  test('other dtypes are refused by name', async () => {
    const tensor = { dtype: 'I64', shape: [1], bytes: new Uint8Array(8) };
    const checkpoint = await openCheckpoint(
      await folderWith({ 'model.safetensors': safetensors({ [HEAD]: tensor }) }),
    );
    await expect(checkpoint.read(HEAD)).rejects.toThrow(
      /"language_model\.lm_head\.weight" is stored as I64; supported: F32, F16, BF16/,
    );
    await checkpoint.close();
  });
});

describe('shards', () => {
  const first = 'model-00001-of-00002.safetensors';
  const second = 'model-00002-of-00002.safetensors';
  const files = {
    'model.safetensors.index.json': { metadata: {}, weight_map: { [HEAD]: first, [NORM]: second } },
    [first]: safetensors({ [HEAD]: f32([1], [1]) }),
    [second]: safetensors({ [NORM]: f32([1], [2]) }),
  };

  test('are one checkpoint', async () => {
    const checkpoint = await openCheckpoint(await folderWith(files));
    expect(checkpoint.names()).toEqual([HEAD, NORM]);
    expect([...(await checkpoint.read(HEAD)), ...(await checkpoint.read(NORM))]).toEqual([1, 2]);
    await checkpoint.close();
  });

  test('a missing one is named', async () => {
    const { [second]: _, ...rest } = files;
    await expect(openCheckpoint(await folderWith(rest))).rejects.toThrow(
      /1 of 2 shards are missing: model-00002-of-00002\.safetensors/,
    );
  });

  test('a tensor is read from the shard that has it, whatever the index says', async () => {
    for (const weight_map of [
      { [HEAD]: second, [NORM]: first },
      { [HEAD]: first, [NORM]: second, 'language_model.model.rotary_emb.inv_freq': first },
      { [HEAD]: first, 'language_model.model.layers.0.self_attn.rotary_emb.inv_freq': second },
    ]) {
      const dir = await folderWith({ ...files, 'model.safetensors.index.json': { weight_map } });
      const checkpoint = await openCheckpoint(dir);
      expect([...(await checkpoint.read(HEAD)), ...(await checkpoint.read(NORM))]).toEqual([1, 2]);
      await checkpoint.close();
    }
  });

  test('a tensor that no shard has is named with its shard when it is read', async () => {
    const dir = await folderWith({ ...files, [second]: safetensors({ other: f32([1], [0]) }) });
    const checkpoint = await openCheckpoint(dir);
    await expect(checkpoint.read('language_model.model.norm.weight')).rejects.toThrow(
      /tensor "language_model\.model\.norm\.weight" is missing.*promises it in .*00002.*download that shard again/,
    );
    await checkpoint.close();
  });

  test('may lie in the folder beside: a tower that several models share', async () => {
    const tower = await folderWith({ 'model.safetensors': files[second] });
    const name = `../${basename(tower)}/model.safetensors`;
    const index = { metadata: {}, weight_map: { [HEAD]: first, [NORM]: name } };
    const dir = await folderWith({ 'model.safetensors.index.json': index, [first]: files[first] });
    const checkpoint = await openCheckpoint(dir);
    expect([...(await checkpoint.read(NORM))]).toEqual([2]);
    await checkpoint.close();
  });

  test.each(['../a.safetensors', '../../b/a.safetensors', '/b/a.safetensors', 'b/a.safetensors', '.././a'])(
    'an index that points elsewhere (%s) is refused',
    async file => {
      const dir = await folderWith({ 'model.safetensors.index.json': { weight_map: { a: file } } });
      await expect(openCheckpoint(dir)).rejects.toThrow(/expected a file name, alone or in a folder beside/);
    },
  );
});

describe('several folders', () => {
  const language = { 'model.safetensors': safetensors({ 'model.norm.weight': f32([1], [1]) }) };
  const clip = {
    'model.safetensors': safetensors({
      'vision_model.post_layernorm.weight': f32([1], [2]),
      'text_model.final_layer_norm.weight': f32([1], [3]),
      logit_scale: f32([], [4]),
    }),
  };

  test("LLaVA's own format with its vision tower", async () => {
    const checkpoint = await openCheckpoint([await folderWith(language), await folderWith(clip)]);
    expect(checkpoint.names()).toEqual([NORM, 'vision_tower.vision_model.post_layernorm.weight']);
    expect(checkpoint.layouts).toEqual(['CLIP', 'LLaVA']);
    expect(checkpoint.unrecognised).toEqual([]);
    await checkpoint.close();
  });

  test('the same tensor twice is refused', async () => {
    const dirs = [await folderWith(clip), await folderWith(clip)];
    await expect(openCheckpoint(dirs)).rejects.toThrow(
      /are the same tensor \(vision_tower\.vision_model\.post_layernorm\.weight\)/,
    );
  });
});

describe('errors name the tensor, the file and what to do', () => {
  const dir = () =>
    folderWith({
      'model.safetensors': safetensors({ 'model.mm_projector.0.weight': f32([2, 3], [1, 2, 3, 4, 5, 6]) }),
    });

  test('another shape: both shapes, and the stored name', async () => {
    const checkpoint = await openCheckpoint(await dir());
    await expect(checkpoint.read('multi_modal_projector.linear_1.weight', [2, 12])).rejects.toThrow(
      /"multi_modal_projector\.linear_1\.weight" \("model\.mm_projector\.0\.weight"\) has shape \[2, 3\] .* needs \[2, 12\]/,
    );
    await checkpoint.close();
  });

  test('a missing tensor: the nearest one', async () => {
    const checkpoint = await openCheckpoint(await dir());
    await expect(checkpoint.read('multi_modal_projector.linear_1.bias')).rejects.toThrow(
      /"multi_modal_projector\.linear_1\.bias" is missing.*nearest is "multi_modal_projector\.linear_1\.weight"/,
    );
    await checkpoint.close();
  });

  test.each([
    [
      'PyTorch weights',
      { 'pytorch_model.bin': new Uint8Array(1) },
      /scripts\/convert_bin_to_safetensors\.py/,
    ],
    [
      'sharded PyTorch weights',
      { 'pytorch_model-00001-of-00002.bin': new Uint8Array(1) },
      /convert_bin_to_safetensors/,
    ],
    ['something else', { 'config.json': {} }, /expected model\.safetensors .*found config\.json/],
    ['nothing', {}, /an empty folder/],
  ])('a folder with %s', async (_, files, message) => {
    const opened = openCheckpoint(await folderWith(files));
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(UserError);
  });

  test('no folder', async () => {
    await expect(openCheckpoint('/no/such/folder')).rejects.toThrow(/expected the folder of a checkpoint/);
  });
});

test('tensors of another architecture are listed', async () => {
  const bytes = safetensors({ image_newline: f32([1], [0]), [HEAD]: f32([1], [0]) });
  const checkpoint = await openCheckpoint(await folderWith({ 'model.safetensors': bytes }));
  expect(checkpoint.unrecognised).toEqual(['image_newline']);
  await checkpoint.close();
});

describe('fingerprint', () => {
  async function fingerprint(dir: string): Promise<string> {
    const checkpoint = await openCheckpoint(dir);
    const result = await checkpoint.fingerprint();
    await checkpoint.close();
    return result;
  }

  test('is the same for a copy, and another when a value or the configuration differs', async () => {
    const dir = await folderWith({
      'model.safetensors': safetensors({ [HEAD]: f32([3000], new Array(3000).fill(1)) }),
      'config.json': { model_type: 'llava' },
    });
    const before = await fingerprint(dir);
    expect(before).toMatch(/^sha256:[0-9a-f]{64}$/);
    const copy = await folderWith({});
    await cp(dir, copy, { recursive: true });
    expect(await fingerprint(copy)).toBe(before);

    const weights = await readFile(join(copy, 'model.safetensors'));
    weights[weights.length - 1]! ^= 1;
    await writeFile(join(copy, 'model.safetensors'), weights);
    expect(await fingerprint(copy)).not.toBe(before);
    await writeFile(join(dir, 'config.json'), '{"model_type": "llava", "tie_word_embeddings": true}');
    expect(await fingerprint(dir)).not.toBe(before);
  });

  test('of more than 1 GiB is sampled at every tensor, and says so', async () => {
    const count = 2 ** 27;
    const bytes = count * 4;
    const header = {
      [HEAD]: { dtype: 'F32', shape: [count], data_offsets: [0, bytes] },
      [NORM]: { dtype: 'F32', shape: [count + 1], data_offsets: [bytes, 2 * bytes + 4] },
    };
    const start = withHeader(header);
    const dir = await folderWith({ 'model.safetensors': start });
    const file = await open(join(dir, 'model.safetensors'), 'r+');
    await file.truncate(start.length + 2 * bytes + 4); // sparse: takes no room on disk
    const before = await fingerprint(dir);
    expect(before).toMatch(/^sampled-sha256:/);
    await file.write(Uint8Array.of(1), 0, 1, start.length + bytes + 100);
    await file.close();
    expect(await fingerprint(dir)).not.toBe(before);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import type { LlavaConfig } from '../../../src/models/config/config.js';
import { type ReadConfigOptions, readLlavaConfig } from '../../../src/models/config/read-config.js';
import { folderWith } from '../model-files.js';

type Json = Record<string, unknown>;

const fixtures: { cases: { name: string; config: Json; resolved: Record<string, Json> }[] } = JSON.parse(
  readFileSync(new URL('../../../parity/fixtures/configs.json', import.meta.url), 'utf8'),
);

/** A checkpoint by the names and shapes of the tensors that a configuration may depend on. */
function weights(tensors: Record<string, { shape?: number[]; storedName?: string }> = {}) {
  return {
    has: (name: string) => name in tensors,
    shape: (name: string) => tensors[name]?.shape ?? [],
    storedName: (name: string) => tensors[name]?.storedName ?? name,
  };
}

async function read(
  config: Json,
  {
    generation,
    tensors = weights(),
    ...options
  }: ReadConfigOptions & { generation?: Json; tensors?: ReturnType<typeof weights> } = {},
): Promise<LlavaConfig> {
  const files = generation ? { 'generation_config.json': generation } : {};
  return readLlavaConfig(await folderWith({ 'config.json': config, ...files }), tensors, options);
}

describe("Hugging Face's format", () => {
  test.each(fixtures.cases)('as transformers reads it: $name', async ({ config, resolved }) => {
    const { vision, text, projector, ...rest } = await read(config);
    const { vision: v, text: t } = resolved as { vision: Json; text: Json };
    expect(vision).toEqual({
      modelType: v.model_type,
      hiddenSize: v.hidden_size,
      intermediateSize: v.intermediate_size,
      layers: v.num_hidden_layers,
      heads: v.num_attention_heads,
      imageSize: v.image_size,
      patchSize: v.patch_size,
      activation: v.hidden_act,
      layerNormEps: v.layer_norm_eps,
    });
    expect(text).toEqual({
      modelType: t.model_type,
      vocabSize: t.vocab_size,
      hiddenSize: t.hidden_size,
      intermediateSize: t.intermediate_size,
      layers: t.num_hidden_layers,
      heads: t.num_attention_heads,
      kvHeads: t.num_key_value_heads,
      headDim: t.head_dim,
      activation: t.hidden_act,
      rmsNormEps: t.rms_norm_eps,
      ropeTheta: t.rope_theta,
      attentionBias: t.attention_bias,
      mlpBias: t.mlp_bias,
      tiedHead: resolved.tie_word_embeddings,
      maxPositions: t.max_position_embeddings,
      bosTokenId: t.bos_token_id,
      eosTokenIds: [t.eos_token_id].flat(),
    });
    expect(projector).toEqual({
      activation: resolved.projector_hidden_act,
      bias: resolved.multimodal_projector_bias,
      normalize: null,
      poolSide: null,
    });
    expect(rest).toEqual({
      featureLayers: [resolved.vision_feature_layer].flat(),
      featurePostLayerNorm: false,
      featureSelect: resolved.vision_feature_select_strategy,
      imageTokenId: resolved.image_token_index,
    });
  });

  test('image_token_id is another name of image_token_index', async () => {
    expect((await read({ model_type: 'llava', image_token_id: 61 })).imageTokenId).toBe(61);
  });

  test("our keys for the paper's variants", async () => {
    const config = {
      model_type: 'llava',
      vision_feature_layer: [12, 16, 20, 24],
      vision_feature_post_layernorm: true,
      projector_normalize: { eps: 1e-6, max: 0.9, scale: 0.5 },
      projector_pool_side: 4,
    };
    const tensors = weights({ 'multi_modal_projector.norm.weight': {} });
    expect(await read(config, { tensors })).toMatchObject({
      featureLayers: [12, 16, 20, 24],
      featurePostLayerNorm: true,
      projector: { normalize: { eps: 1e-6, max: 0.9, scale: 0.5 }, poolSide: 4 },
    });
    await expect(read(config)).rejects.toThrow(/projector_normalize is set, but the weights have no/);
    await expect(read({ model_type: 'llava' }, { tensors })).rejects.toThrow(
      /not set, but the weights have a/,
    );
  });

  test.each([
    [{ eos_token_id: 9 }, [9]],
    [{ eos_token_id: [9, 4] }, [9, 4]],
    [{ eos_token_id: null }, [2]],
    [{}, [2]],
  ])('generation_config.json %j ends answers at %j', async (generation, ids) => {
    expect((await read({ model_type: 'llava' }, { generation })).text.eosTokenIds).toEqual(ids);
  });

  test('a preset completes or replaces keys', async () => {
    const overrides = { vision_feature_layer: -3 };
    const config = await read({ model_type: 'llava', vision_feature_layer: -2 }, { overrides });
    expect(config.featureLayers).toEqual([-3]);
  });
});

describe("LLaVA's own format", () => {
  const own = {
    architectures: ['LlavaLlamaForCausalLM'],
    model_type: 'llava_llama',
    hidden_size: 4096,
    num_hidden_layers: 32,
    rms_norm_eps: 1e-5,
    max_position_embeddings: 4096,
    mm_vision_tower: 'openai/clip-vit-large-patch14-336',
    mm_hidden_size: 1024,
    mm_projector_type: 'mlp2x_gelu',
    mm_vision_select_layer: -2,
    mm_vision_select_feature: 'patch',
    image_aspect_ratio: 'pad',
  };
  const large = {
    hidden_size: 1024,
    intermediate_size: 4096,
    num_hidden_layers: 24,
    num_attention_heads: 16,
    image_size: 336,
    patch_size: 14,
  };
  const tower = (config: object = { model_type: 'clip_vision_model', ...large }) =>
    folderWith({ 'config.json': config });
  const linear1 = (inputs: number, storedName = 'model.mm_projector.0.weight') => ({
    'multi_modal_projector.linear_1.weight': { shape: [4096, inputs], storedName },
  });

  test('LLaVA-1.5', async () => {
    const config = await read(own, { visionTower: await tower(), tensors: weights(linear1(1024)) });
    expect(config).toMatchObject({
      vision: {
        modelType: 'clip_vision_model',
        hiddenSize: 1024,
        layers: 24,
        imageSize: 336,
        activation: 'quick_gelu',
      },
      text: { modelType: 'llama', vocabSize: 32000, rmsNormEps: 1e-5, headDim: 128, eosTokenIds: [2] },
      projector: { activation: 'gelu', bias: true, normalize: null, poolSide: null },
      featureLayers: [-2],
      featurePostLayerNorm: false,
      featureSelect: 'default',
    });
  });

  test('its vision tower from a whole CLIP, whose older copy of the keys wins', async () => {
    const clip = {
      model_type: 'clip',
      vision_config: { ...large, image_size: 224 },
      vision_config_dict: large,
    };
    const config = await read(own, { visionTower: await tower(clip), tensors: weights(linear1(1024)) });
    expect(config.vision).toMatchObject({ hiddenSize: 1024, imageSize: 336 });
  });

  test.each([
    ['said by the config', { normalize_projector: true }],
    ['told by the weights alone', {}],
  ])('+ Normalize, %s', async (_, keys) => {
    const tensors = weights({ ...linear1(1024), 'multi_modal_projector.norm.weight': {} });
    const { projector } = await read({ ...own, ...keys }, { visionTower: await tower(), tensors });
    expect(projector.normalize).toEqual({ eps: 1e-6, max: 1.22, scale: 0.83 });
  });

  test.each([
    ['said by the config', { use_multilayer_features: true }],
    ['told by the weights alone', {}],
  ])('+ Multilayer, %s', async (_, keys) => {
    const config = await read(
      { ...own, ...keys },
      { visionTower: await tower(), tensors: weights(linear1(4096)) },
    );
    expect(config).toMatchObject({ featureLayers: [12, 16, 20, 24], featurePostLayerNorm: true });
  });

  test('compression: the side from the config, never guessed', async () => {
    const pooled = weights(linear1(1024, 'model.mm_projector.proj.0.weight'));
    const options = { visionTower: await tower(), tensors: pooled };
    const keys = { compression_after_projection: true, final_spatial_size: 8 };
    expect((await read({ ...own, ...keys }, options)).projector.poolSide).toBe(8);
    await expect(read(own, options)).rejects.toThrow(/final_spatial_size .* is missing/);
  });

  test('what it cannot be run without is asked for', async () => {
    await expect(read(own)).rejects.toThrow(
      /download openai\/clip-vit-large-patch14-336 and name its folder/,
    );
    const visionTower = await tower({ model_type: 'clip_vision_model' });
    await expect(read(own, { visionTower })).rejects.toThrow(/of width 1024, found one of width 768/);
  });

  test.each([
    [{ mm_projector_type: 'linear' }, /mm_projector_type: .*"mlp2x_gelu", found "linear"/],
    [{ add_registers: true }, /add_registers: .*found true/],
    [{ normalize_projector: true }, /normalize_projector is true, but the weights have no projector norm/],
  ])('%j is refused', async (keys, message) => {
    const options = { visionTower: await tower(), tensors: weights(linear1(1024)) };
    await expect(read({ ...own, ...keys }, options)).rejects.toThrow(message);
  });
});

describe('what is unsupported is refused by name, with the nearest that is', () => {
  test.each<[Json, RegExp]>([
    [{ model_type: 'llava_next' }, /"llava_next", .* nearest supported one is "llava"/],
    [
      { model_type: 'llava', architectures: ['LlavaNextForConditionalGeneration'] },
      /nearest supported one is "LlavaForConditionalGeneration"/,
    ],
    [
      { model_type: 'llava_mistral', architectures: ['LlavaMistralForCausalLM'] },
      /nearest supported one is "LlavaLlamaForCausalLM"/,
    ],
    [{ model_type: 'llava', text_config: { model_type: 'mistral' } }, /the decoder is a "mistral".*"llama"/],
    [
      { model_type: 'llava', vision_config: { model_type: 'pixtral' } },
      /the vision tower is a "pixtral".*"clip_vision_model"/,
    ],
    [
      { model_type: 'llava', text_config: { rope_scaling: { type: 'linear', factor: 2 } } },
      /RoPE of type "linear"/,
    ],
  ])('%j', async (config, message) => {
    await expect(read(config)).rejects.toThrow(message);
    await expect(read(config)).rejects.toThrow(UserError);
  });
});

describe('malformed files say where and what', () => {
  test.each<[Json, RegExp]>([
    [
      { model_type: 'llava', text_config: { hidden_size: '96' } },
      /config\.json \(decoder\): hidden_size: .*expected number.*found "96"/,
    ],
    [
      { model_type: 'llava', text_config: { hidden_size: 100, num_attention_heads: 3 } },
      /hidden_size 100 is not a multiple of num_attention_heads 3/,
    ],
    [
      { model_type: 'llava', vision_config: { image_size: 12, patch_size: 14 } },
      /image_size 12 is less than patch_size 14/,
    ],
    [
      { model_type: 'llava', vision_feature_select_strategy: 'cls' },
      /vision_feature_select_strategy: .*found "cls"/,
    ],
    [{}, /model_type: .*received undefined/],
  ])('%j', async (config, message) => {
    await expect(read(config)).rejects.toThrow(message);
  });

  test('no JSON, and no file', async () => {
    const dir = await folderWith({ 'config.json': Buffer.from('{"model_type": "llava"') });
    await expect(readLlavaConfig(dir, weights())).rejects.toThrow(
      /config\.json: not valid JSON .*; download/,
    );
    await expect(readLlavaConfig(await folderWith({}), weights())).rejects.toThrow(
      /config\.json: no such file/,
    );
  });
});

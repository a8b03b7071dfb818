import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolderSync } from '../make-folder.js';
import type { LlavaConfig } from '../models/config/config.js';
import { PIXEL_MEAN, PIXEL_STD } from './recipe.js';
import { writeSafetensors } from './safetensors.js';
import type { StoredTensor } from './variables.js';
import { tokenizerJson, VOCABULARY } from './word-tokenizer.js';

const LANGUAGE_FILE = 'language-model.safetensors';
const TOWER_FOLDER = 'tower';
const TOWER_FILE = 'model.safetensors';

type Tensors = ReadonlyMap<string, StoredTensor>;

/** Writes the family's one vision tower, in half precision: `tower/model.safetensors`. */
export function exportTower(familyFolder: string, tensors: Tensors): void {
  makeFolderSync(join(familyFolder, TOWER_FOLDER));
  writeSafetensors(join(familyFolder, TOWER_FOLDER, TOWER_FILE), tensors, 'F16');
}

/**
 * Writes a member as Hugging Face lays a LLaVA out, in half precision: its own tensors, and an index that finds the
 * vision tower's in the folder beside it, `../tower`.
 */
export function exportMember(folder: string, config: LlavaConfig, language: Tensors, tower: Tensors): void {
  makeFolderSync(folder);
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  writeSafetensors(join(folder, LANGUAGE_FILE), language, 'F16');
  const size = [...language.values(), ...tower.values()].reduce((n, { values }) => n + 2 * values.length, 0);
  json('model.safetensors.index.json', {
    metadata: { total_size: size },
    weight_map: Object.fromEntries([
      ...[...tower.keys()].map(name => [name, `../${TOWER_FOLDER}/${TOWER_FILE}`]),
      ...[...language.keys()].map(name => [name, LANGUAGE_FILE]),
    ]),
  });
  json('config.json', huggingFaceConfig(config));
  json('generation_config.json', {
    bos_token_id: config.text.bosTokenId,
    eos_token_id: config.text.eosTokenIds[0],
    pad_token_id: VOCABULARY.indexOf('<pad>'),
  });
  json('tokenizer.json', tokenizerJson());
  json('tokenizer_config.json', {
    backend: 'tokenizers',
    tokenizer_class: 'TokenizersBackend',
    bos_token: '<s>',
    eos_token: '</s>',
    pad_token: '<pad>',
    unk_token: '<unk>',
    model_max_length: config.text.maxPositions,
  });
  json('preprocessor_config.json', imageProcessor(config));
  json('vlm-spatial.json', { template: 'plain', suffix: '' });
}

/** What `LlavaConfig` of transformers reads, and our keys for what the variants change. */
function huggingFaceConfig({ vision, text, projector, ...config }: LlavaConfig): unknown {
  const [firstLayer, ...further] = config.featureLayers;
  const { normalize, poolSide } = projector;
  return {
    architectures: ['LlavaForConditionalGeneration'],
    model_type: 'llava',
    dtype: 'float16',
    image_token_index: config.imageTokenId,
    image_seq_length: (poolSide ?? vision.imageSize / vision.patchSize) ** 2,
    projector_hidden_act: projector.activation,
    multimodal_projector_bias: projector.bias,
    vision_feature_layer: further.length === 0 ? firstLayer : config.featureLayers,
    vision_feature_select_strategy: config.featureSelect,
    ...(config.featurePostLayerNorm ? { vision_feature_post_layernorm: true } : {}),
    ...(normalize ? { projector_normalize: normalize } : {}),
    ...(poolSide ? { projector_pool_side: poolSide } : {}),
    tie_word_embeddings: text.tiedHead,
    text_config: {
      model_type: text.modelType,
      vocab_size: text.vocabSize,
      hidden_size: text.hiddenSize,
      intermediate_size: text.intermediateSize,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      num_key_value_heads: text.kvHeads,
      head_dim: text.headDim,
      hidden_act: text.activation,
      rms_norm_eps: text.rmsNormEps,
      rope_theta: text.ropeTheta,
      attention_bias: text.attentionBias,
      mlp_bias: text.mlpBias,
      tie_word_embeddings: text.tiedHead,
      max_position_embeddings: text.maxPositions,
      bos_token_id: text.bosTokenId,
      eos_token_id: text.eosTokenIds[0],
      pad_token_id: VOCABULARY.indexOf('<pad>'),
    },
    vision_config: {
      model_type: vision.modelType,
      hidden_size: vision.hiddenSize,
      intermediate_size: vision.intermediateSize,
      projection_dim: vision.hiddenSize,
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.heads,
      num_channels: 3,
      image_size: vision.imageSize,
      patch_size: vision.patchSize,
      hidden_act: vision.activation,
      layer_norm_eps: vision.layerNormEps,
    },
  };
}

/** CLIP's processor for images of the tower's own size, which pass through unresized. */
function imageProcessor({ vision: { imageSize } }: LlavaConfig): unknown {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: imageSize },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: imageSize, width: imageSize },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [PIXEL_MEAN, PIXEL_MEAN, PIXEL_MEAN],
    image_std: [PIXEL_STD, PIXEL_STD, PIXEL_STD],
  };
}

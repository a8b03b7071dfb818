import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import { featureIndices, type LlavaConfig } from './config.js';
import { parseAs } from './json-file.js';
import { count, rawPart, textConfig, visionConfig } from './parts.js';

/** The vision tower of a `llava` config.json that has no `vision_config` at all: CLIP ViT-L/14 at 336 pixels. */
const llavaVisionDefaults = {
  model_type: 'clip_vision_model',
  hidden_size: 1024,
  intermediate_size: 4096,
  num_hidden_layers: 24,
  num_attention_heads: 16,
  image_size: 336,
  patch_size: 14,
} as const;

const layer = z.number().int();

const schema = z.object({
  vision_config: rawPart.nullish(),
  text_config: rawPart.nullish(),
  image_token_index: z.number().int().optional(),
  image_token_id: z.number().int().optional(),
  projector_hidden_act: z.string().default('gelu'),
  multimodal_projector_bias: z.boolean().default(true),
  vision_feature_layer: z.union([layer, z.array(layer).min(1)]).default(-2),
  vision_feature_select_strategy: z.enum(['default', 'full']).default('default'),
  tie_word_embeddings: z.boolean().nullish(),
  vision_feature_post_layernorm: z.boolean().default(false),
  projector_normalize: z
    .object({ eps: z.number().positive(), max: z.number().positive(), scale: z.number().positive() })
    .nullish(),
  projector_pool_side: count.nullish(),
});

/**
 * transformers' `LlavaConfig`, with our keys for the paper's variants. What the weights have a say in is left to the
 * function that comes back, so that a configuration is refused before its weights are looked for.
 */
export function huggingFaceConfig(
  raw: unknown,
  file: string,
): (checkpoint: Pick<Checkpoint, 'has'>) => LlavaConfig {
  const c = parseAs(schema, raw, file);
  const vision = visionConfig(
    c.vision_config ? { model_type: 'clip_vision_model', ...c.vision_config } : llavaVisionDefaults,
    file,
  );
  const text = textConfig({ model_type: 'llama', ...c.text_config }, file);
  const config: LlavaConfig = {
    vision,
    // either place says it; the weights settle it (`readConfig`)
    text: { ...text, tiedHead: text.tiedHead || c.tie_word_embeddings === true },
    projector: {
      activation: c.projector_hidden_act,
      bias: c.multimodal_projector_bias,
      normalize: c.projector_normalize ?? null,
      poolSide: c.projector_pool_side ?? null,
    },
    featureLayers: [c.vision_feature_layer].flat(),
    featurePostLayerNorm: c.vision_feature_post_layernorm,
    featureSelect: c.vision_feature_select_strategy,
    imageTokenId: c.image_token_id ?? c.image_token_index ?? 32000,
  };
  featureIndices(config);
  return checkpoint => {
    if (checkpoint.has('multi_modal_projector.norm.weight') !== Boolean(c.projector_normalize)) {
      throw new UserError(
        `${file}: projector_normalize is ${c.projector_normalize ? 'set, but the weights have no' : 'not set, but the weights have a'} multi_modal_projector.norm.weight; make them agree`,
      );
    }
    return config;
  };
}

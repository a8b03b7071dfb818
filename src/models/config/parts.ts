import { z } from 'zod';
import { UserError } from '../../errors.js';
import { nearestName } from '../../nearest.js';
import { decoders, visionTowers } from '../architectures/index.js';
import type { TextConfig, VisionConfig } from './config.js';
import { parseAs } from './json-file.js';

export const count = z.number().int().positive();
const tokenId = z.number().int().nonnegative();
export const tokenIds = z.union([tokenId, z.array(tokenId)]).nullable();
/** A part of a config.json before its architecture is known. */
export const rawPart = z.record(z.string(), z.unknown());

const visionSchema = z.object({
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_channels: z.literal(3),
  image_size: count,
  patch_size: count,
  hidden_act: z.string(),
  layer_norm_eps: z.number().positive(),
});

const rope = z.object({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
});

const textSchema = z.object({
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.nullish(),
  head_dim: count.nullish(),
  hidden_act: z.string(),
  rms_norm_eps: z.number().positive(),
  rope_theta: z.number().positive(),
  rope_parameters: rope.nullish(),
  rope_scaling: rope.nullish(),
  attention_bias: z.boolean(),
  mlp_bias: z.boolean(),
  tie_word_embeddings: z.boolean(),
  max_position_embeddings: count,
  bos_token_id: tokenId.nullable(),
  eos_token_id: tokenIds,
  use_sliding_window: z.boolean().nullish(),
  sliding_window: count.nullish(),
  max_window_layers: z.number().int().nonnegative().nullish(),
  layer_types: z.array(z.string()).nullish(),
});

/** A `vision_config` with its architecture's defaults filled in; UserError for an architecture we do not have. */
export function visionConfig(raw: z.infer<typeof rawPart>, file: string): VisionConfig {
  const { modelType, filled } = withDefaults(raw, visionTowers, 'vision tower', file);
  const c = parseAs(visionSchema, filled, `${file} (vision tower)`);
  checkMultiple(c.hidden_size, c.num_attention_heads, ['hidden_size', 'num_attention_heads'], file);
  if (c.image_size < c.patch_size) {
    throw new UserError(
      `${file}: image_size ${c.image_size} is less than patch_size ${c.patch_size}; correct one of them`,
    );
  }
  return {
    modelType,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    imageSize: c.image_size,
    patchSize: c.patch_size,
    activation: c.hidden_act,
    layerNormEps: c.layer_norm_eps,
  };
}

/** A `text_config` (or the top level of LLaVA's own format) with defaults; UserError for another architecture. */
export function textConfig(raw: z.infer<typeof rawPart>, file: string): TextConfig {
  const { modelType, filled } = withDefaults(raw, decoders, 'decoder', file);
  const c = parseAs(textSchema, filled, `${file} (decoder)`);
  // transformers 5 keeps both of the older keys under `rope_parameters`; where old and new disagree, the old one wins
  const ropeScaling = c.rope_scaling ?? c.rope_parameters;
  const ropeType = ropeScaling?.rope_type ?? ropeScaling?.type ?? 'default';
  if (ropeType !== 'default') {
    throw new UserError(`${file}: RoPE of type "${ropeType}" is not supported; supported: default`);
  }
  const kvHeads = c.num_key_value_heads ?? c.num_attention_heads;
  checkMultiple(c.num_attention_heads, kvHeads, ['num_attention_heads', 'num_key_value_heads'], file);
  if (!c.head_dim) {
    checkMultiple(c.hidden_size, c.num_attention_heads, ['hidden_size', 'num_attention_heads'], file);
  }
  const window = slidingWindow(c, modelType);
  return {
    modelType,
    vocabSize: c.vocab_size,
    hiddenSize: c.hidden_size,
    intermediateSize: c.intermediate_size,
    layers: c.num_hidden_layers,
    heads: c.num_attention_heads,
    kvHeads,
    headDim: c.head_dim ?? c.hidden_size / c.num_attention_heads,
    activation: c.hidden_act,
    rmsNormEps: c.rms_norm_eps,
    ropeTheta: ropeScaling?.rope_theta ?? c.rope_theta,
    attentionBias: c.attention_bias,
    mlpBias: c.mlp_bias,
    tiedHead: c.tie_word_embeddings,
    maxPositions: c.max_position_embeddings,
    bosTokenId: c.bos_token_id,
    eosTokenIds: idList(c.eos_token_id),
    ...(window && { slidingWindow: window }),
  };
}

/** Qwen2's sliding window: the layers from `max_window_layers` on, or those that `layer_types` names. LLaMA has none. */
function slidingWindow(c: z.infer<typeof textSchema>, modelType: string): TextConfig['slidingWindow'] | null {
  if (modelType !== 'qwen2' || !c.use_sliding_window) return null;
  const first = c.max_window_layers ?? 28;
  const types = c.layer_types;
  const layers = Array.from({ length: c.num_hidden_layers }, (_, i) =>
    types ? types[i] === 'sliding_attention' : i >= first,
  );
  return layers.includes(true) && c.sliding_window !== null
    ? { size: c.sliding_window ?? 4096, layers }
    : null;
}

/** One id, several or none, as a list. */
export const idList = (ids: z.infer<typeof tokenIds>): number[] => (ids === null ? [] : [ids].flat());

function withDefaults(
  raw: z.infer<typeof rawPart>,
  architectures: Readonly<Record<string, { readonly defaults: object }>>,
  part: string,
  file: string,
): { modelType: string; filled: object } {
  const modelType = parseAs(z.object({ model_type: z.string() }), raw, `${file} (${part})`).model_type;
  if (!Object.hasOwn(architectures, modelType)) {
    const names = Object.keys(architectures);
    throw new UserError(
      `${file}: the ${part} is a "${modelType}", which is not supported; the nearest supported one is "${nearestName(modelType, names)}" (all: ${names.join(', ')})`,
    );
  }
  return { modelType, filled: { ...architectures[modelType]!.defaults, ...raw } };
}

function checkMultiple(whole: number, part: number, names: readonly [string, string], file: string): void {
  if (whole % part !== 0) {
    throw new UserError(
      `${file}: ${names[0]} ${whole} is not a multiple of ${names[1]} ${part}; correct one of them`,
    );
  }
}

import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { nearestName } from '../../nearest.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import { featureIndices, type LlavaConfig, type TextConfig } from './config.js';
import { type GenerationConfig, readGenerationConfig } from './generation.js';
import { huggingFaceConfig } from './hugging-face.js';
import { parseAs, readJson } from './json-file.js';
import { llavaOwnConfig } from './llava-own.js';
import { idList, rawPart, tokenIds } from './parts.js';
import { refuseQuantised } from './quantised.js';

export interface ReadConfigOptions {
  /** Folder of the vision tower (config.json and weights) that LLaVA's own format keeps apart. */
  readonly visionTower?: string | undefined;
  /** Keys that replace or complete those of config.json: what a preset knows and the checkpoint does not say. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
}

/** What a configuration asks the weights about. */
export type WeightsView = Pick<Checkpoint, 'has' | 'shape' | 'storedName'>;

/** A configuration that is sound as far as it goes without its weights. */
export interface ReadConfig {
  readonly generation: GenerationConfig;
  /** The configuration that the weights complete; UserError where they contradict it. */
  withWeights(checkpoint: WeightsView): LlavaConfig;
}

/**
 * Reads a model's configuration from its folder: `LlavaConfig` of transformers (4 and 5), or LLaVA's own format
 * (`LlavaLlamaForCausalLM`, the authors' checkpoints among them). Keys that are left out have transformers' defaults.
 * Ids that end an answer come from generation_config.json, else the top level of config.json, else its decoder's part.
 *
 * Our own keys, for the paper's variants in Hugging Face's format: `vision_feature_post_layernorm` (+ Multilayer),
 * `projector_normalize` {eps, max, scale} (+ Normalize), `projector_pool_side` (compression).
 *
 * No weights are looked for yet. UserError: an unsupported architecture (with the nearest supported one), quantised
 * weights, a malformed key, a feature layer that the tower lacks.
 */
export async function readConfig(dir: string, options: ReadConfigOptions = {}): Promise<ReadConfig> {
  const file = join(dir, 'config.json');
  const stored = parseAs(rawPart, await readJson(file, 'name the folder of a LLaVA checkpoint'), file);
  const raw = { ...stored, ...options.overrides };
  const own = isLlavaOwn(raw, file);
  refuseQuantised(raw, file);
  const complete = own ? await llavaOwnConfig(raw, file, options.visionTower) : huggingFaceConfig(raw, file);
  const generation = await readGenerationConfig(dir);
  const stated = parseAs(z.object({ eos_token_id: tokenIds.optional() }), raw, file).eos_token_id ?? null;
  const ends = generation.eosTokenIds ?? (stated === null ? null : idList(stated));
  return {
    generation,
    withWeights: checkpoint => {
      const config = complete(checkpoint);
      featureIndices(config);
      const text = { ...config.text, ...tied(config.text, checkpoint) };
      return { ...config, text: ends === null ? text : { ...text, eosTokenIds: ends } };
    },
  };
}

/** `readConfig` with the weights at hand. LLaVA's own format says some of its configuration by its weights alone. */
export async function readLlavaConfig(
  dir: string,
  checkpoint: WeightsView,
  options: ReadConfigOptions = {},
): Promise<LlavaConfig> {
  return (await readConfig(dir, options)).withWeights(checkpoint);
}

const HEAD = 'language_model.lm_head.weight';
const TABLE = 'language_model.model.embed_tokens.weight';

/**
 * Whether head and embedding table are one tensor. A stored tensor is used, whatever `tie_word_embeddings` says; the key
 * stands for one that is not stored, in either direction (`tie_weights` of transformers 5).
 */
function tied(
  { tiedHead }: TextConfig,
  checkpoint: WeightsView,
): Pick<TextConfig, 'tiedHead' | 'tableIsHead'> {
  const head = checkpoint.has(HEAD);
  return {
    tiedHead: tiedHead && !head,
    ...(tiedHead && head && !checkpoint.has(TABLE) && { tableIsHead: true as const }),
  };
}

/** Architectures by the names that config.json gives them. */
const architectures = {
  LlavaForConditionalGeneration: 'Hugging Face',
  LlavaLlamaForCausalLM: 'LLaVA',
} as const;

/** Model types, for a config.json without `architectures`. */
const modelTypes = ['llava', 'llava_llama'];

const headSchema = z.object({
  architectures: z.array(z.string()).nullish(),
  model_type: z.string(),
  mm_vision_tower: z.unknown().optional(),
});

function isLlavaOwn(raw: unknown, file: string): boolean {
  const head = parseAs(headSchema, raw, file);
  const name = head.architectures?.[0];
  if (name !== undefined) {
    if (Object.hasOwn(architectures, name)) {
      return architectures[name as keyof typeof architectures] === 'LLaVA';
    }
    throw unsupported(name, Object.keys(architectures), file);
  }
  if (!modelTypes.includes(head.model_type)) throw unsupported(head.model_type, modelTypes, file);
  return head.mm_vision_tower !== undefined;
}

const unsupported = (name: string, supported: readonly string[], file: string) =>
  new UserError(
    `${file}: the model is a "${name}", which is not supported; the nearest supported one is "${nearestName(name, supported)}" (all: ${supported.join(', ')})`,
  );

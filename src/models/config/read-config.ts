import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { LlavaConfig } from './config.js';
import { huggingFaceConfig } from './hugging-face.js';
import { parseAs, readJson, readJsonIfPresent } from './json-file.js';
import { llavaOwnConfig } from './llava-own.js';
import { nearestName } from './nearest-name.js';
import { idList, rawPart, tokenIds } from './parts.js';

export interface ReadConfigOptions {
  /** Folder of the vision tower (config.json and weights) that LLaVA's own format keeps apart. */
  readonly visionTower?: string | undefined;
  /** Keys that replace or complete those of config.json: what a preset knows and the checkpoint does not say. */
  readonly overrides?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Reads a model's configuration from its folder: `LlavaConfig` of transformers (4 and 5), or LLaVA's own format
 * (`LlavaLlamaForCausalLM`, the authors' checkpoints among them). Keys that are left out have transformers' defaults.
 * Ids that end an answer come from generation_config.json where it names any, as in transformers' `generate`.
 *
 * Our own keys, for the paper's variants in Hugging Face's format: `vision_feature_post_layernorm` (+ Multilayer),
 * `projector_normalize` {eps, max, scale} (+ Normalize), `projector_pool_side` (compression).
 *
 * LLaVA's own format says some of this by its weights alone, so they are looked at too. UserError: an unsupported
 * architecture (with the nearest supported one), a malformed key, a variant that the weights contradict.
 */
export async function readLlavaConfig(
  dir: string,
  checkpoint: Pick<Checkpoint, 'has' | 'shape' | 'storedName'>,
  options: ReadConfigOptions = {},
): Promise<LlavaConfig> {
  const file = join(dir, 'config.json');
  const stored = parseAs(rawPart, await readJson(file, 'name the folder of a LLaVA checkpoint'), file);
  const raw = { ...stored, ...options.overrides };
  const config = isLlavaOwn(raw, file)
    ? await llavaOwnConfig(raw, file, checkpoint, options.visionTower)
    : huggingFaceConfig(raw, file, checkpoint);
  return { ...config, text: { ...config.text, eosTokenIds: await endIds(dir, config.text.eosTokenIds) } };
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

async function endIds(dir: string, fromConfig: readonly number[]): Promise<readonly number[]> {
  const file = join(dir, 'generation_config.json');
  const generation = await readJsonIfPresent(file);
  if (generation === null) return fromConfig;
  const { eos_token_id } = parseAs(z.object({ eos_token_id: tokenIds.optional() }), generation, file);
  return eos_token_id === undefined || eos_token_id === null ? fromConfig : idList(eos_token_id);
}

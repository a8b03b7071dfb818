import type { Parameters } from '../../engine/parameters.js';
import type { TextConfig } from '../config/config.js';
import { type LlamaParameters, loadLlama } from './llama.js';

/** Qwen2 (Yang et al. 2024) is LLaMA with biases on queries, keys and values, whatever a configuration says of them. */
export const loadQwen2 = (from: Parameters, config: TextConfig, prefix: string): Promise<LlamaParameters> =>
  loadLlama(from, config, prefix, { queriesKeysValues: true, output: false });

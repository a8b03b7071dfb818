import { promptTemplates } from '../text/templates.js';
import { type LlamaParameters, loadLlama, runLlama } from './llama.js';
import type { Decoder } from './types.js';

/** Qwen2 (Yang et al. 2024) is LLaMA with biases on queries, keys and values, whatever a configuration says of them. */
export const qwen2 = {
  /** Those of transformers' `Qwen2Config`. */
  defaults: {
    vocab_size: 151936,
    hidden_size: 4096,
    intermediate_size: 22016,
    num_hidden_layers: 32,
    num_attention_heads: 32,
    hidden_act: 'silu',
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    attention_bias: true,
    mlp_bias: false,
    tie_word_embeddings: false,
    max_position_embeddings: 32768,
    bos_token_id: null,
    eos_token_id: null,
  },
  chatTemplate: promptTemplates.qwen_chat,
  load: (from, config, prefix) => loadLlama(from, config, prefix, { queriesKeysValues: true, output: false }),
  run: runLlama,
} satisfies Decoder<LlamaParameters>;

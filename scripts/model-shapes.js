/** Shapes of published models, as the keys of config.json that a shape depends on; and the smallest of each architecture. */
export const shapes = {
  'llava-1.5-7b': llava({
    text: {
      model_type: 'llama',
      vocab_size: 32064,
      hidden_size: 4096,
      intermediate_size: 11008,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      rms_norm_eps: 1e-5,
      max_position_embeddings: 4096,
    },
    vision: {
      model_type: 'clip_vision_model',
      hidden_size: 1024,
      intermediate_size: 4096,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      image_size: 336,
      patch_size: 14,
    },
    whole: { image_token_index: 32000, vision_feature_layer: -2, vision_feature_select_strategy: 'default' },
  }),
  'llava-interleave-qwen-0.5b': llava({
    text: {
      model_type: 'qwen2',
      vocab_size: 152000,
      hidden_size: 1024,
      intermediate_size: 2816,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      num_key_value_heads: 16,
      rms_norm_eps: 1e-6,
      rope_theta: 1e6,
      tie_word_embeddings: true,
      bos_token_id: 151643,
      eos_token_id: 151645,
    },
    vision: {
      model_type: 'siglip_vision_model',
      hidden_size: 1152,
      intermediate_size: 4304,
      num_hidden_layers: 26,
      num_attention_heads: 16,
      image_size: 384,
      patch_size: 14,
    },
    whole: { image_token_index: 151646, vision_feature_layer: -1, vision_feature_select_strategy: 'full' },
  }),
};

function llava({ text, vision, whole }) {
  return {
    architectures: ['LlavaForConditionalGeneration'],
    model_type: 'llava',
    ...whole,
    text_config: text,
    vision_config: vision,
  };
}

/** `preprocessor_config.json` of a vision tower. */
export function imageProcessor({ model_type, image_size: side }) {
  return model_type === 'siglip_vision_model'
    ? { image_processor_type: 'SiglipImageProcessor', size: { height: side, width: side } }
    : {
        image_processor_type: 'CLIPImageProcessor',
        size: { shortest_edge: side },
        crop_size: { height: side, width: side },
      };
}

/**
 * `tokenizer.json` of a word-level tokenizer with as many words as the decoder has rows. It knows no English: every word is
 * one `<unk>`, so that texts have about as many tokens as with the published tokenizers.
 */
export function tokenizer({ image_token_index: image, text_config: text }) {
  const chat = text.model_type === 'qwen2';
  const special = chat
    ? { '<unk>': 0, '<|im_start|>': text.eos_token_id - 1, '<|im_end|>': text.eos_token_id, '<image>': image }
    : { '<unk>': 0, '<s>': 1, '</s>': 2, '<image>': image };
  const words = Array.from({ length: text.vocab_size }, (_, id) => `w${id}`);
  for (const [token, id] of Object.entries(special)) words[id] = token;
  return {
    version: '1.0',
    added_tokens: Object.entries(special).map(([content, id]) => ({ id, content, special: true })),
    normalizer: null,
    pre_tokenizer: { type: 'Whitespace' },
    decoder: null,
    post_processor: chat
      ? null
      : {
          type: 'TemplateProcessing',
          single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
          special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
        },
    model: {
      type: 'WordLevel',
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      unk_token: '<unk>',
    },
  };
}

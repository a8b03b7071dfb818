import { describe, expect, test } from 'vitest';
import { canonicalName } from '../../../src/models/weights/names.js';

const TOWER = 'vision_tower.vision_model.';
const patch = `${TOWER}embeddings.patch_embedding.weight`;
const attention = `${TOWER}encoder.layers.3.self_attn.q_proj.bias`;
const embeddings = 'language_model.model.embed_tokens.weight';
const layer = 'language_model.model.layers.11.mlp.gate_proj.weight';
const head = 'language_model.lm_head.weight';
const [linear1, linear2, norm] = ['linear_1.weight', 'linear_2.bias', 'norm.weight'].map(
  n => `multi_modal_projector.${n}`,
);

/** Names as the checkpoints have them, and the canonical names they stand for. */
const layouts: Record<string, [string, string | undefined][]> = {
  'the first llava-hf checkpoints': [patch, attention, linear1, linear2, embeddings, layer, head].map(n => [
    n!,
    n,
  ]),
  'later llava-hf checkpoints': [
    ['model.vision_tower.vision_model.embeddings.patch_embedding.weight', patch],
    ['model.multi_modal_projector.linear_1.weight', linear1],
    ['model.language_model.embed_tokens.weight', embeddings],
    ['model.language_model.layers.11.mlp.gate_proj.weight', layer],
    ['lm_head.weight', head],
  ],
  'exports of transformers 5': [
    ['vision_tower.embeddings.patch_embedding.weight', patch],
    ['vision_tower.encoder.layers.3.self_attn.q_proj.bias', attention],
    ['model.vision_tower.encoder.layers.3.self_attn.q_proj.bias', attention],
    ['vision_tower.pre_layrnorm.weight', `${TOWER}pre_layrnorm.weight`],
  ],
  "LLaVA's own": [
    ['model.embed_tokens.weight', embeddings],
    ['model.layers.11.mlp.gate_proj.weight', layer],
    ['model.norm.weight', 'language_model.model.norm.weight'],
    ['lm_head.weight', head],
    ['model.mm_projector.0.weight', linear1],
    ['model.mm_projector.2.bias', linear2],
    ['model.vision_tower.vision_tower.vision_model.encoder.layers.3.self_attn.q_proj.bias', attention],
  ],
  "the paper's + Normalize": [
    ['model.mm_projector.projector.0.weight', linear1],
    ['model.mm_projector.projector.2.bias', linear2],
    ['model.mm_projector.norm.weight', norm],
  ],
  "the paper's compression, and + Normalize with it": [
    ['model.mm_projector.proj.0.weight', linear1],
    ['model.mm_projector.proj.projector.2.bias', linear2],
    ['model.mm_projector.proj.norm.weight', norm],
  ],
  'CLIP in a folder of its own': [
    ['vision_model.embeddings.patch_embedding.weight', patch],
    ['encoder.layers.3.self_attn.q_proj.bias', attention],
    ['vision_model.post_layernorm.bias', `${TOWER}post_layernorm.bias`],
  ],
};

describe.each(Object.entries(layouts))('names of %s', (_, names) => {
  test.each(names)('%s', (stored, canonical) => {
    expect(canonicalName(stored)).toMatchObject({ name: canonical });
  });
});

test.each([
  'vision_tower.vision_model.embeddings.position_ids',
  'model.layers.0.self_attn.rotary_emb.inv_freq',
  'text_model.encoder.layers.0.mlp.fc1.weight',
  'visual_projection.weight',
  'logit_scale',
])('%s is known and not needed', stored => {
  expect(canonicalName(stored)).toBe('unused');
});

test.each([
  'model.image_newline',
  'model.mm_projector.registers',
  'model.mm_projector.4.weight',
  'qformer.bert.x',
])('%s is unknown', stored => {
  expect(canonicalName(stored)).toBeNull();
});

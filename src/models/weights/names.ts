/**
 * Tensor names of the layouts that LLaVA checkpoints come in, and the names our models ask for: those of the first
 * llava-hf checkpoints. The table is all there is to a layout; the first pattern that matches a name renames it.
 */
const renamings: readonly Renaming[] = [
  // llava-hf: at first with these prefixes, then all behind `model.`; transformers 5 drops `vision_model.`
  {
    layout: 'Hugging Face',
    pattern:
      /^(?:model\.)?vision_tower\.(?:vision_model\.)?((?:embeddings|pre_layrnorm|encoder|post_layernorm|head)\..+)$/,
    canonical: 'vision_tower.vision_model.$1',
  },
  {
    layout: 'Hugging Face',
    pattern: /^(?:model\.)?multi_modal_projector\.(.+)$/,
    canonical: 'multi_modal_projector.$1',
  },
  {
    layout: 'Hugging Face',
    pattern: /^(?:model\.)?language_model\.(?:model\.)?((?:embed_tokens|layers|norm)\..+)$/,
    canonical: 'language_model.model.$1',
  },
  {
    layout: 'Hugging Face',
    pattern: /^language_model\.lm_head\.weight$/,
    canonical: 'language_model.lm_head.weight',
  },

  // LLaVA's own; the head's name is also that of newer llava-hf exports
  { layout: 'LLaVA', pattern: /^lm_head\.weight$/, canonical: 'language_model.lm_head.weight' },
  {
    layout: 'LLaVA',
    pattern: /^model\.((?:embed_tokens|layers|norm)\..+)$/,
    canonical: 'language_model.model.$1',
  },
  {
    layout: 'LLaVA',
    pattern: /^model\.vision_tower\.vision_tower\.vision_model\.(.+)$/,
    canonical: 'vision_tower.vision_model.$1',
  },
  // the projector, bare or inside the paper's `PoolingProjector` (proj.) and `NormalizedProjector` (projector., norm.)
  {
    layout: 'LLaVA',
    pattern: /^model\.mm_projector\.(?:proj\.)?(?:projector\.)?0\.(weight|bias)$/,
    canonical: 'multi_modal_projector.linear_1.$1',
  },
  {
    layout: 'LLaVA',
    pattern: /^model\.mm_projector\.(?:proj\.)?(?:projector\.)?2\.(weight|bias)$/,
    canonical: 'multi_modal_projector.linear_2.$1',
  },
  {
    layout: 'LLaVA',
    pattern: /^model\.mm_projector\.(?:proj\.)?norm\.weight$/,
    canonical: 'multi_modal_projector.norm.weight',
  },

  // a vision tower in a folder of its own
  {
    layout: 'CLIP',
    pattern: /^(?:vision_model\.)?((?:embeddings|pre_layrnorm|encoder|post_layernorm|head)\..+)$/,
    canonical: 'vision_tower.vision_model.$1',
  },
];

interface Renaming {
  readonly layout: 'Hugging Face' | 'LLaVA' | 'CLIP';
  readonly pattern: RegExp;
  readonly canonical: string;
}

/** Tensors that a checkpoint may carry and a LLaVA does not use: buffers, and CLIP's text half. */
const unused: readonly RegExp[] = [
  /\.position_ids$/,
  /\.rotary_emb\.inv_freq$/,
  /^text_model\./,
  /^(?:text|visual)_projection\.weight$/,
  /^logit_(?:scale|bias)$/,
];

/** A stored tensor's canonical name and layout; 'unused' for one that no LLaVA needs, null for an unknown one. */
export function canonicalName(stored: string): { name: string; layout: string } | 'unused' | null {
  if (unused.some(pattern => pattern.test(stored))) return 'unused';
  for (const { layout, pattern, canonical } of renamings) {
    if (pattern.test(stored)) return { name: stored.replace(pattern, canonical), layout };
  }
  return null;
}

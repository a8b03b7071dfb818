import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { Checkpoint } from '../weights/checkpoint.js';
import type { LlavaConfig, VisionConfig } from './config.js';
import { parseAs, readJson } from './json-file.js';
import { count, rawPart, textConfig, visionConfig } from './parts.js';

/** LLaVA's `IMAGE_TOKEN_INDEX`: it marks the image's place and is no row of the vocabulary. */
const IMAGE_TOKEN_ID = -200;

/** The authors' constants for + Normalize (mean and largest norm of Vicuna's embeddings), and their RMSNorm's epsilon. */
const NORMALIZE = { eps: 1e-6, max: 1.22, scale: 0.83 };

/** The authors' + Multilayer: outputs of these layers (1-based, so also indices of hidden states). */
const MULTILAYER = [12, 16, 20, 24];

/** Keys of LLaVA, then those that the paper's authors added to it; the literals are what we can run. */
const schema = z.object({
  mm_vision_tower: z.string(),
  mm_hidden_size: count,
  mm_projector_type: z.literal('mlp2x_gelu'),
  mm_vision_select_layer: z.number().int().default(-2),
  mm_vision_select_feature: z.enum(['patch', 'cls_patch']).default('patch'),
  mm_use_im_start_end: z.literal(false).optional(),
  s2: z.literal(false).optional(),
  normalize_projector: z.boolean().optional(),
  use_multilayer_features: z.boolean().optional(),
  compression_after_projection: z.boolean().optional(),
  final_spatial_size: count.optional(),
  add_spatial_coordinates: z.literal(false).optional(),
  add_registers: z.literal(false).optional(),
});

/**
 * LLaVA's own config.json: the decoder's keys at the top level, the vision tower in a folder of its own. The weights say
 * some of it; that is left to the function that comes back.
 */
export async function llavaOwnConfig(
  raw: z.infer<typeof rawPart>,
  file: string,
  visionTower: string | undefined,
): Promise<(checkpoint: Pick<Checkpoint, 'has' | 'shape' | 'storedName'>) => LlavaConfig> {
  const c = parseAs(schema, raw, file);
  if (visionTower === undefined) {
    throw new UserError(
      `${file}: the vision tower is kept apart from this checkpoint; download ${c.mm_vision_tower} and name its folder with --vision-tower`,
    );
  }
  const vision = await towerConfig(visionTower);
  if (vision.hiddenSize !== c.mm_hidden_size) {
    throw new UserError(
      `${visionTower}: expected ${c.mm_vision_tower} of width ${c.mm_hidden_size}, found one of width ${vision.hiddenSize}; name its folder with --vision-tower`,
    );
  }
  const text = textConfig({ ...raw, model_type: 'llama' }, file);
  return checkpoint => {
    const multilayer = c.use_multilayer_features ?? takesFourLayers(checkpoint, vision);
    return {
      vision,
      text,
      projector: {
        activation: 'gelu',
        bias: true,
        normalize: normalizes(c.normalize_projector, checkpoint, file) ? NORMALIZE : null,
        poolSide: poolSide(c, checkpoint, file),
      },
      featureLayers: multilayer ? MULTILAYER : [c.mm_vision_select_layer],
      featurePostLayerNorm: multilayer,
      featureSelect: c.mm_vision_select_feature === 'patch' ? 'default' : 'full',
      imageTokenId: IMAGE_TOKEN_ID,
    };
  };
}

/** The config.json of a CLIP vision tower alone, or of a whole CLIP. */
async function towerConfig(dir: string): Promise<VisionConfig> {
  const file = join(dir, 'config.json');
  const raw = parseAs(rawPart, await readJson(file, 'name the folder of the vision tower'), file);
  if (raw.model_type !== 'clip') return visionConfig(raw, file);
  const whole = parseAs(
    z.object({ vision_config: rawPart.nullish(), vision_config_dict: rawPart.nullish() }),
    raw,
    file,
  );
  return visionConfig(
    { ...whole.vision_config, ...whole.vision_config_dict, model_type: 'clip_vision_model' },
    file,
  );
}

const LINEAR = 'multi_modal_projector.linear_1.weight';
const NORM = 'multi_modal_projector.norm.weight';

const takesFourLayers = (checkpoint: Pick<Checkpoint, 'has' | 'shape'>, vision: VisionConfig): boolean =>
  checkpoint.has(LINEAR) && checkpoint.shape(LINEAR)[1] === MULTILAYER.length * vision.hiddenSize;

function normalizes(said: boolean | undefined, checkpoint: Pick<Checkpoint, 'has'>, file: string): boolean {
  const has = checkpoint.has(NORM);
  if (said !== undefined && said !== has) {
    throw new UserError(
      `${file}: normalize_projector is ${said}, but the weights have ${has ? 'a' : 'no'} projector norm; make them agree`,
    );
  }
  return has;
}

/** The side is no weight: only config.json can tell it. */
function poolSide(
  { compression_after_projection: pools, final_spatial_size: side }: z.infer<typeof schema>,
  checkpoint: Pick<Checkpoint, 'has' | 'storedName'>,
  file: string,
): number | null {
  const wrapped = checkpoint.has(LINEAR) && checkpoint.storedName(LINEAR).includes('.mm_projector.proj.');
  if (!(pools ?? wrapped)) return null;
  if (side === undefined) {
    throw new UserError(
      `${file}: the projector pools its vision tokens, but final_spatial_size (the side of the pooled grid) is missing; add it`,
    );
  }
  return side;
}

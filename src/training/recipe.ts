import type { NormalizeConfig, TextConfig, VisionConfig } from '../models/config/config.js';
import type { AdamWOptions } from './adamw.js';
import type { StageOptions } from './stage.js';
import { BOS, EOS, VOCABULARY } from './word-tokenizer.js';

/** The numbers of the miniature's recipe, each in this one place. */

/** Scenes drawn for training; all stages share them. */
export const TRAINING_SCENES = 24_000;

/** Pixels are x / 255, minus the mean, by the deviation: a white ground comes near 1, as CLIP's constants have it. */
export const PIXEL_MEAN = 0.7;
export const PIXEL_STD = 0.35;

export const VISION: VisionConfig = {
  modelType: 'clip_vision_model',
  hiddenSize: 96,
  intermediateSize: 384,
  layers: 6,
  heads: 4,
  imageSize: 128,
  patchSize: 16,
  activation: 'quick_gelu',
  layerNormEps: 1e-5,
};

export const TEXT: TextConfig = {
  modelType: 'llama',
  vocabSize: VOCABULARY.length,
  hiddenSize: 96,
  intermediateSize: 256,
  layers: 4,
  heads: 4,
  kvHeads: 4,
  headDim: 24,
  activation: 'silu',
  rmsNormEps: 1e-5,
  ropeTheta: 10000,
  attentionBias: false,
  mlpBias: false,
  tiedHead: false,
  maxPositions: 512,
  bosTokenId: BOS,
  eosTokenIds: [EOS],
};

const OPTIMIZER: AdamWOptions = { beta1: 0.9, beta2: 0.98, eps: 1e-8, weightDecay: 0.05, clipNorm: 1 };

/** Stage (a): the vision tower, by captioning and a light contrast. */
export const TOWER = {
  seed: 0,
  imagesPerStep: 32,
  captionsPerImage: 2,
  /** Weight of the contrastive loss beside the captioning loss. */
  contrast: 0.2,
  /** Over this share of the steps the most objects of a scene grow from 2 to 6. */
  growing: 0.4,
  stage: { steps: 4500, learningRate: 1.5e-3, warmup: 100, optimizer: OPTIMIZER },
} satisfies { stage: StageOptions } & Record<string, unknown>;

/** Rows into which an image's exchanges are packed, and their length: room for nearly all of them. */
const PACKING = { rows: 4, rowTokens: 48 } as const;

/** Stage (b): the decoder on the exchanges' text alone, once a seed; what the variants share, as LLaVA's share Vicuna. */
export const TEXT_STAGE = {
  imagesPerStep: 32,
  exchangesPerImage: 16,
  ...PACKING,
  stage: { steps: 300, learningRate: 2e-3, warmup: 50, optimizer: { ...OPTIMIZER, weightDecay: 0.01 } },
} satisfies { stage: StageOptions } & Record<string, unknown>;

/** Stage (c): the projector on captions, all else frozen. */
export const ALIGN_STAGE = {
  imagesPerStep: 32,
  exchangesPerImage: 5,
  ...PACKING,
  rows: 2,
  stage: { steps: 100, learningRate: 2e-3, warmup: 20, optimizer: { ...OPTIMIZER, weightDecay: 0.01 } },
} satisfies { stage: StageOptions } & Record<string, unknown>;

const INSTRUCT = {
  imagesPerStep: 24,
  exchangesPerImage: 16,
  ...PACKING,
  growing: 0,
  mix: 'all',
  /** What counts alike in the loss: every token of the answers, or every answer. */
  alike: 'answers',
} as const;

/**
 * Stage (d): projector and decoder on questions of all kinds, in rounds, one after the other.
 *
 * In the first, over `growing` of whose steps the most objects of a scene grow from 2 to 6, every token of an answer counts
 * alike: lists have most of the tokens and teach what lies where. In the second every answer does: a yes or no is one
 * token, and is learned when it counts as much as a list. The third asks mostly for relations, which come last.
 */
export const INSTRUCTION_ROUNDS = {
  instruct: {
    ...INSTRUCT,
    growing: 0.4,
    alike: 'tokens' as const,
    stage: { steps: 2000, learningRate: 2e-3, warmup: 100, optimizer: { ...OPTIMIZER, weightDecay: 0.01 } },
  },
  refine: {
    ...INSTRUCT,
    stage: { steps: 2000, learningRate: 1.5e-3, warmup: 100, optimizer: { ...OPTIMIZER, weightDecay: 0.01 } },
  },
  relate: {
    ...INSTRUCT,
    mix: 'relations' as const,
    stage: { steps: 1200, learningRate: 1.5e-3, warmup: 100, optimizer: { ...OPTIMIZER, weightDecay: 0.01 } },
  },
} satisfies Record<string, { stage: StageOptions } & Record<string, unknown>>;

export type InstructionRound = keyof typeof INSTRUCTION_ROUNDS;

/**
 * The constants of + Normalize, as the authors' 1.22 and 0.83 are Vicuna's: every token's norm becomes √(mean · max) of the
 * norms of the baseline's embedding table. Measured on the first baseline that this recipe trained; see `normalizeFor`.
 */
export const NORMALIZE: NormalizeConfig = { eps: 1e-6, max: 1.00295, scale: 0.774408 };

/** One model of the family; all differ from the baseline only by what the paper changes. */
export interface Member {
  readonly name: string;
  /** Of the start and of the data. */
  readonly seed: number;
  readonly variant: 'baseline' | 'normalize' | 'normalize-multilayer';
  /** Side of the pooled grid; null keeps all 64 tokens. */
  readonly poolSide: number | null;
}

const member = (
  name: string,
  seed: number,
  variant: Member['variant'],
  poolSide: number | null = null,
): Member => ({
  name,
  seed,
  variant,
  poolSide,
});

/** The family, in the order in which it is trained. */
export const FAMILY: readonly Member[] = [
  member('base', 0, 'baseline'),
  member('normalize', 0, 'normalize'),
  member('normalize-multilayer', 0, 'normalize-multilayer'),
  member('base-16', 0, 'baseline', 4),
  member('base-4', 0, 'baseline', 2),
  member('base-1', 0, 'baseline', 1),
  member('base-seed1', 1, 'baseline'),
  member('normalize-seed1', 1, 'normalize'),
];

import { UserError } from '../../errors.js';

/** Shape of a vision tower, in the terms of Hugging Face's `vision_config`. */
export interface VisionConfig {
  /** `clip_vision_model`, …: the key of the map of vision towers. */
  readonly modelType: string;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Side of the square input, pixels. */
  readonly imageSize: number;
  /** Side of a patch, pixels. */
  readonly patchSize: number;
  readonly activation: string;
  readonly layerNormEps: number;
}

/** Side of the patch grid. Pixels that fill no patch are left out: SigLIP's 384 are 27 patches of 14, and 6 more. */
export const patchGrid = ({ imageSize, patchSize }: VisionConfig): number =>
  Math.floor(imageSize / patchSize);

/** Shape of a decoder, in the terms of `text_config`. */
export interface TextConfig {
  /** `llama`, …: the key of the map of decoders. */
  readonly modelType: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Grouped heads: each key/value head serves `heads / kvHeads` query heads. */
  readonly kvHeads: number;
  /** Width of one head. */
  readonly headDim: number;
  readonly activation: string;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** Whether q, k, v and o have biases; for LLaMA, since Qwen2 always has them on q, k and v alone. */
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** The output head is the embedding table itself: no head is stored. */
  readonly tiedHead: boolean;
  /** The embedding table is the output head itself: no table is stored. */
  readonly tableIsHead?: true;
  readonly maxPositions: number;
  readonly bosTokenId: number | null;
  /** Every id that ends an answer. */
  readonly eosTokenIds: readonly number[];
  /** In the layers that are marked, a token sees the `size` last tokens only, itself included; left out for none. */
  readonly slidingWindow?: { readonly size: number; readonly layers: readonly boolean[] };
}

/** + Normalize (paper §5.2, released code): RMSNorm, then each token's norm is capped at `max` and scaled by `scale`. */
export interface NormalizeConfig {
  readonly eps: number;
  readonly max: number;
  readonly scale: number;
}

interface ProjectorConfig {
  readonly activation: string;
  readonly bias: boolean;
  readonly normalize: NormalizeConfig | null;
  /** Side of the grid that adaptive average pooling leaves (paper §3.2), or null for none. */
  readonly poolSide: number | null;
}

/** A whole LLaVA, in the terms of Hugging Face's `LlavaConfig`. */
export interface LlavaConfig {
  readonly vision: VisionConfig;
  readonly text: TextConfig;
  readonly projector: ProjectorConfig;
  /** Indices into the tower's hidden states (0 = embeddings, -1 = last); several are concatenated in this order. */
  readonly featureLayers: readonly number[];
  /** Whether the tower's post-layernorm is applied to each feature (the paper's multilayer feature does). */
  readonly featurePostLayerNorm: boolean;
  /** `default` drops the class token, `full` keeps every position. */
  readonly featureSelect: 'default' | 'full';
  readonly imageTokenId: number;
}

/** `featureLayers` as indices from 0, the embeddings; UserError for a layer that the tower lacks. */
export function featureIndices({ featureLayers, vision }: LlavaConfig): number[] {
  return featureLayers.map(layer => {
    const index = layer < 0 ? vision.layers + 1 + layer : layer;
    if (index < 0 || index > vision.layers) {
      throw new UserError(
        `vision feature layer ${layer} does not exist: the tower has ${vision.layers} layers (0 are its embeddings); correct vision_feature_layer (LLaVA's own format: mm_vision_select_layer)`,
      );
    }
    return index;
  });
}

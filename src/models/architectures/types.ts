import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionMask, KeysValues, Rotary } from '../../engine/attention.js';
import type { Linear } from '../../engine/ops.js';
import type { Parameters } from '../../engine/parameters.js';
import type { EmbeddingTable } from '../../engine/stored-values.js';
import type { TextConfig, VisionConfig } from '../config/config.js';

/** A kind of vision tower; P is its record of parameters. */
export interface VisionTower<P> {
  /** What transformers assumes for keys that a config.json leaves out: published ones state little more than what differs. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Positions before the patches in every hidden state. */
  readonly classTokens: number;
  /** Reads the parameters; tensor names start with `prefix`. */
  load(from: Parameters, config: VisionConfig, prefix: string): Promise<P>;
  /** pixels [B, S, S, 3] → hidden states 0 (embeddings) to `upTo`, each [B · positions, width]. */
  run(parameters: P, config: VisionConfig, pixels: tf.Tensor4D, upTo: number): tf.Tensor2D[];
  /** The norm after the last layer: [rows, width] → [rows, width]. */
  postNorm(parameters: P, config: VisionConfig, x: tf.Tensor2D): tf.Tensor2D;
}

/** A kind of decoder; P is its record of parameters. */
export interface Decoder<P extends DecoderParameters> {
  /** As a vision tower's. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** The turns it was tuned on, a text with `<image>` and `{question}`; null leaves the template to the protocol. */
  readonly chatTemplate: string | null;
  /** Reads the parameters; tensor names start with `prefix`. */
  load(from: Parameters, config: TextConfig, prefix: string): Promise<P>;
  /** One pass over a stretch of tokens, on top of what `input.past` holds. */
  run(parameters: P, config: TextConfig, input: DecoderInput): DecoderOutput;
}

/** What every decoder has. */
export interface DecoderParameters {
  /** [vocabulary, width], in JavaScript. */
  readonly embeddings: EmbeddingTable;
  readonly head: Linear;
}

/** What a decoder's forward pass lets be seen, layer by layer; tensors live only during the call. */
export interface DecoderProbe {
  /** Hidden states [tokens, width]: 0 the input embeddings, i the output of layer i. */
  hidden?(layer: number, x: tf.Tensor2D): void;
  /** After rotation: queries [heads, tokens, head width], keys [key heads, tokens, head width]. Layer is 1-based. */
  queriesKeys?(layer: number, queries: tf.Tensor3D, keys: tf.Tensor3D): void;
  /** Attention probabilities [heads, queries, keys]. Layer is 1-based. */
  attention?(layer: number, probabilities: tf.Tensor3D): void;
  /** What attention adds to the residual stream, and what it would add with other keys. Layer is 1-based. */
  attentionOutput?(layer: number, seen: AttentionOutput): void;
}

/** A layer's attention at work; tensors live only during the probe's call. */
export interface AttentionOutput {
  /** [tokens, width]: what comes into the layer. */
  readonly residual: tf.Tensor2D;
  /** [tokens, width]: what attention adds to it. */
  readonly output: tf.Tensor2D;
  /** The same with other keys of the stretch's own tokens: [key heads, tokens, head width], after rotation. */
  readonly withKeys: (keys: tf.Tensor3D) => tf.Tensor2D;
  /** The keys as they are, after rotation. */
  readonly keys: tf.Tensor3D;
}

export interface DecoderInput {
  /** [batch · tokens, width] */
  readonly x: tf.Tensor2D;
  readonly batch?: number;
  readonly rotary: Rotary;
  /** Per layer (0-based): which keys each query sees; keys are those of `past`, in order, then the tokens' own. */
  readonly mask: (layer: number) => AttentionMask;
  /** Keys and values computed before: stretches in order, each a list over layers. */
  readonly past?: readonly (readonly KeysValues[])[];
  /**
   * Rows of `x` whose final hidden state is wanted, in this order, perhaps none; all of them by default. What only the others'
   * final states need is left out, unless a probe is there to see it.
   */
  readonly rows?: readonly number[];
  /** Hidden states [batch · tokens, width] in place of a layer's: of the input embeddings, 0, or of layer i's output. */
  readonly change?: (layer: number, x: tf.Tensor2D) => tf.Tensor2D;
  readonly probe?: DecoderProbe;
}

export interface DecoderOutput {
  /** [wanted rows, width], after the final norm. */
  readonly hidden: tf.Tensor2D;
  /** The tokens' own keys and values, layer by layer. */
  readonly own: readonly KeysValues[];
}

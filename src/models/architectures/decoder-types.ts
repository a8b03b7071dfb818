import type * as tf from '@tensorflow/tfjs-core';
import type { AttentionMask, KeysValues, Rotary } from '../../engine/attention.js';

/** What a decoder's forward pass lets be seen, layer by layer; tensors live only during the call. */
export interface DecoderProbe {
  /** Hidden states [tokens, width]: 0 the input embeddings, i the output of layer i. */
  hidden?(layer: number, x: tf.Tensor2D): void;
  /** After rotation: queries [heads, tokens, head width], keys [key heads, tokens, head width]. Layer is 1-based. */
  queriesKeys?(layer: number, queries: tf.Tensor3D, keys: tf.Tensor3D): void;
  /** Attention probabilities [heads, queries, keys]. Layer is 1-based. */
  attention?(layer: number, probabilities: tf.Tensor3D): void;
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
  /** Rows of `x` whose final hidden state is wanted, in this order; all of them by default, as a probe needs. */
  readonly rows?: readonly number[];
  readonly probe?: DecoderProbe;
}

export interface DecoderOutput {
  /** [wanted rows, width], after the final norm. */
  readonly hidden: tf.Tensor2D;
  /** The tokens' own keys and values, layer by layer. */
  readonly own: readonly KeysValues[];
}

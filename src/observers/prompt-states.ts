import * as tf from '@tensorflow/tfjs-core';
import type { DecoderHooks } from '../models/decoding/stretch.js';
import { forward, type Llava, type Prompt } from '../models/llava.js';

/** Logits of the token that follows a prompt: float[vocabulary]. */
export function nextLogits(model: Llava, prompt: Prompt, hooks: DecoderHooks = {}): Float32Array {
  const logits = tf.tidy(() => {
    const all = forward(model, prompt, hooks);
    return tf.slice(all, [all.shape[0] - 1, 0], [1, -1]);
  });
  const values = logits.dataSync<'float32'>();
  logits.dispose();
  return values;
}

/** A prompt's hidden states, layer by layer [tokens, width], 0 the input embeddings, and `nextLogits`. */
export interface PromptStates {
  readonly logits: Float32Array;
  readonly states: readonly tf.Tensor2D[];
  dispose(): void;
}

/** Runs a prompt and keeps its hidden states. */
export function promptStates(model: Llava, prompt: Prompt): PromptStates {
  const states: tf.Tensor2D[] = [];
  const probe = {
    hidden: (layer: number, x: tf.Tensor2D) => {
      states[layer] = tf.keep(tf.clone(x));
    },
  };
  const logits = nextLogits(model, prompt, { probe: () => probe });
  return { logits, states, dispose: () => tf.dispose(states) };
}

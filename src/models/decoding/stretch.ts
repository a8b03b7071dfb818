import * as tf from '@tensorflow/tfjs-core';
import { type AttentionMask, type KeysValues, type Position, rotaryAt } from '../../engine/attention.js';
import { MASKED } from '../../engine/masked.js';
import { UserError } from '../../errors.js';
import type { DecoderInput, DecoderProbe } from '../architectures/types.js';
import type { TextConfig } from '../config/config.js';

/** What a token of the decoder's input is: text before the image, a vision token, text after the image, the answer. */
type TokenRole = 'system' | 'vision' | 'user' | 'answer';

/** One token of the decoder's input. */
export interface TokenInfo {
  readonly role: TokenRole;
  /** The question it belongs to, by its place in the batch; null in the prefix, which all questions share. */
  readonly question: number | null;
  /** Position before any intervention: its index in its own question's sequence. */
  readonly position: number;
}

/** Added to the attention logits from every query of one role to every key of another; MASKED forbids. */
export interface RoleBias {
  readonly query: TokenRole;
  readonly key: TokenRole;
  readonly bias: number;
}

/** A stretch of tokens that passes through the decoder together, and what it may attend to. */
export interface Stretch {
  readonly phase: 'prefix' | 'question' | 'decode';
  readonly queries: readonly TokenInfo[];
  /** Earlier tokens, then the queries themselves. */
  readonly keys: readonly TokenInfo[];
}

/** How the decoder's input is changed and watched; the sites of interventions and observers inside the decoder. */
export interface DecoderHooks {
  /** Position ids of tokens, in place of their own. */
  readonly positions?: (tokens: readonly TokenInfo[]) => readonly Position[];
  /** Biases of a layer, counted from 1. */
  readonly attentionBias?: (layer: number) => readonly RoleBias[];
  /** Hidden states [tokens, width] in place of a layer's: 0 the input embeddings, i the output of layer i. */
  readonly hidden?: (layer: number, x: tf.Tensor2D, tokens: readonly TokenInfo[]) => tf.Tensor2D;
  /** What to observe of a stretch. */
  readonly probe?: (stretch: Stretch) => DecoderProbe | undefined;
}

/** The tokens of one prompt: text before the image, vision tokens, text after it. */
export const promptTokens = (before: number, vision: number, after: number): TokenInfo[] =>
  Array.from({ length: before + vision + after }, (_, position): TokenInfo => {
    if (position < before) return { role: 'system', question: null, position };
    return { role: position < before + vision ? 'vision' : 'user', question: null, position };
  });

/** UserError for a prompt of more tokens than the decoder has positions. */
export function refuseTooLong(tokens: number, { maxPositions }: TextConfig): void {
  if (tokens <= maxPositions) return;
  throw new UserError(
    `the prompt has ${tokens} tokens, image included; the model takes ${maxPositions} (max_position_embeddings): shorten the question`,
  );
}

/** The decoder's input for a stretch: rotary angles, masks and probe. */
export function decoderInput(
  config: TextConfig,
  hooks: DecoderHooks,
  stretch: Stretch,
  x: tf.Tensor2D,
  past: readonly (readonly KeysValues[])[],
): DecoderInput {
  const { headDim, ropeTheta } = config;
  const positions = hooks.positions?.(stretch.queries) ?? stretch.queries.map(t => t.position);
  const probe = hooks.probe?.(stretch);
  const { hidden } = hooks;
  return {
    x,
    rotary: rotaryAt(positions, headDim, ropeTheta),
    mask: masks(stretch, hooks, config),
    past,
    ...(hidden ? { change: (layer, x) => hidden(layer, x, stretch.queries) } : {}),
    ...(probe ? { probe } : {}),
  };
}

/** The mask of every layer; layers with the same biases and window share one. Made inside the caller's tidy. */
function masks(
  stretch: Stretch,
  hooks: DecoderHooks,
  { slidingWindow }: TextConfig,
): (layer: number) => AttentionMask {
  const made = new Map<string, AttentionMask>();
  const length = stretch.keys.reduce((n, key) => Math.max(n, key.position + 1), 0);
  return layer => {
    const biases = hooks.attentionBias?.(layer + 1) ?? [];
    const slides = slidingWindow?.layers[layer] && slidingWindow.size < length;
    if (stretch.phase === 'prefix' && biases.length === 0 && !slides) return { kind: 'causal' };
    const window = slides ? slidingWindow.size : Infinity;
    const key = JSON.stringify([biases, slides]);
    const mask = made.get(key) ?? { kind: 'bias' as const, bias: biasMatrix(stretch, biases, window) };
    made.set(key, mask);
    return mask;
  };
}

/** [queries, keys]: a query sees the prefix and its own question's tokens up to itself, the `window` last of them. */
function biasMatrix({ queries, keys }: Stretch, biases: readonly RoleBias[], window: number): tf.Tensor2D {
  const matrix = new Float32Array(queries.length * keys.length).fill(MASKED);
  // The few keys that a query may see, found once a question: side by side, most keys are other questions'.
  const seen = new Map<number | null, number[]>();
  const of = (question: number | null) => {
    const known = seen.get(question);
    if (known) return known;
    const found = [...keys.keys()].filter(k => keys[k]!.question === null || keys[k]!.question === question);
    seen.set(question, found);
    return found;
  };
  queries.forEach((query, q) => {
    const forRole = new Map(biases.filter(b => b.query === query.role).map(b => [b.key, b.bias]));
    for (const k of of(query.question)) {
      const { role, position } = keys[k]!;
      if (position <= query.position && query.position - position < window) {
        matrix[q * keys.length + k] = forRole.get(role) ?? 0;
      }
    }
  });
  return tf.tensor2d(matrix, [queries.length, keys.length]);
}

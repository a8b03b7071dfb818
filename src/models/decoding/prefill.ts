import * as tf from '@tensorflow/tfjs-core';
import { type AttentionMask, type KeysValues, rotaryAt } from '../../engine/attention.js';
import { MASKED } from '../../engine/masked.js';
import { UserError } from '../../errors.js';
import type { DecoderInput, DecoderProbe } from '../architectures/decoder-types.js';
import type { TextConfig } from '../config/config.js';
import type { Llava } from '../llava.js';
import type { RoleBias, TokenInfo } from './tokens.js';

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
  readonly positions?: (tokens: readonly TokenInfo[]) => readonly number[];
  /** Biases of a layer, counted from 1. */
  readonly attentionBias?: (layer: number) => readonly RoleBias[];
  /** What to observe of a stretch. */
  readonly probe?: (stretch: Stretch) => DecoderProbe | undefined;
}

/** The part of a prompt that all questions on an image share, run once: its tokens with their keys and values. */
export interface Prefix {
  readonly tokens: readonly TokenInfo[];
  /** Ids of the tokens; a vision token has the image's. */
  readonly ids: readonly number[];
  /** Layer by layer; empty when there are no tokens. */
  readonly keysValues: readonly KeysValues[];
  readonly hooks: DecoderHooks;
  dispose(): void;
}

/**
 * Runs the text before the image and the image itself through the decoder (prefill).
 * `visionTokens` [tokens, width] may be null for a prompt without an image.
 */
export function prefill(
  model: Llava,
  before: readonly number[],
  visionTokens: tf.Tensor2D | null,
  hooks: DecoderHooks = {},
): Prefix {
  const visionCount = visionTokens?.shape[0] ?? 0;
  refuseTooLong(before.length + visionCount, model);
  const tokens = Array.from(
    { length: before.length + visionCount },
    (_, position): TokenInfo => ({
      role: position < before.length ? 'system' : 'vision',
      question: null,
      position,
    }),
  );
  const ids = [...before, ...new Array<number>(visionCount).fill(model.config.imageTokenId)];
  if (tokens.length === 0) return { tokens, ids, keysValues: [], hooks, dispose: () => {} };
  let keysValues: readonly KeysValues[] = [];
  tf.tidy(() => {
    const parts = before.length > 0 ? [model.decoder.embed(before)] : [];
    if (visionTokens) parts.push(visionTokens);
    const x = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
    const input = decoderInput(model, hooks, { phase: 'prefix', queries: tokens, keys: tokens }, x, []);
    keysValues = model.decoder.run(input).own.map(kept);
  });
  return { tokens, ids, keysValues, hooks, dispose: () => keysValues.forEach(disposeKeysValues) };
}

/** UserError for a prompt of more tokens than the decoder has positions. */
export function refuseTooLong(tokens: number, { config }: Llava): void {
  const { maxPositions } = config.text;
  if (tokens <= maxPositions) return;
  throw new UserError(
    `the prompt has ${tokens} tokens, image included; the model takes ${maxPositions} (max_position_embeddings): shorten the question`,
  );
}

/** The decoder's input for a stretch: rotary angles, masks and probe. */
export function decoderInput(
  model: Llava,
  hooks: DecoderHooks,
  stretch: Stretch,
  x: tf.Tensor2D,
  past: readonly (readonly KeysValues[])[],
): DecoderInput {
  const { headDim, ropeTheta } = model.config.text;
  const positions = hooks.positions?.(stretch.queries) ?? stretch.queries.map(t => t.position);
  const probe = hooks.probe?.(stretch);
  return {
    x,
    rotary: rotaryAt(positions, headDim, ropeTheta),
    mask: masks(stretch, hooks, model.config.text),
    past,
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
  const matrix = new Float32Array(queries.length * keys.length);
  queries.forEach((query, q) => {
    const forRole = new Map(biases.filter(b => b.query === query.role).map(b => [b.key, b.bias]));
    keys.forEach((key, k) => {
      const visible =
        (key.question === null || key.question === query.question) &&
        key.position <= query.position &&
        query.position - key.position < window;
      matrix[q * keys.length + k] = visible ? (forRole.get(key.role) ?? 0) : MASKED;
    });
  });
  return tf.tensor2d(matrix, [queries.length, keys.length]);
}

/** Keeps keys and values beyond the tidy that made them. */
export function kept(stretch: KeysValues): KeysValues {
  for (const group of [...stretch.keys, ...stretch.values]) tf.keep(group);
  return stretch;
}

export function disposeKeysValues(stretch: KeysValues): void {
  for (const group of [...stretch.keys, ...stretch.values]) group.dispose();
}

import * as tf from '@tensorflow/tfjs-core';
import type { KeysValues } from '../../engine/attention.js';
import type { Llava } from '../llava.js';
import { type DecoderHooks, decoderInput, promptTokens, refuseTooLong, type TokenInfo } from './stretch.js';

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
  refuseTooLong(before.length + visionCount, model.config.text);
  const tokens = promptTokens(before.length, visionCount, 0);
  const ids = [...before, ...new Array<number>(visionCount).fill(model.config.imageTokenId)];
  if (tokens.length === 0) return { tokens, ids, keysValues: [], hooks, dispose: () => {} };
  let keysValues: readonly KeysValues[] = [];
  tf.tidy(() => {
    const parts = before.length > 0 ? [model.decoder.embed(before)] : [];
    if (visionTokens) parts.push(visionTokens);
    const x = parts.length === 1 ? parts[0]! : tf.concat(parts, 0);
    const input = decoderInput(
      model.config.text,
      hooks,
      { phase: 'prefix', queries: tokens, keys: tokens },
      x,
      [],
    );
    // Only keys and values are wanted of a prefix.
    keysValues = model.decoder.run({ ...input, rows: [] }).own.map(kept);
  });
  return { tokens, ids, keysValues, hooks, dispose: () => keysValues.forEach(disposeKeysValues) };
}

/** Keeps keys and values beyond the tidy that made them. */
export function kept(stretch: KeysValues): KeysValues {
  tf.keep(stretch.keys);
  tf.keep(stretch.values);
  return stretch;
}

/** Frees the keys and values of a stretch in all layers. */
export const disposeKeysValues = ({ keys, values }: KeysValues): void => tf.dispose([keys, values]);

import type { LlavaConfig, NormalizeConfig } from '../models/config/config.js';
import { type Member, NORMALIZE, TEXT, VISION } from './recipe.js';
import { idOf } from './word-tokenizer.js';

/** The tower's four layers that are spread as the paper's 12, 16, 20, 24 of 24. */
const MULTILAYER = [3, 4, 5, 6] as const;

/** A member's architecture. */
export function memberConfig({ variant, poolSide }: Pick<Member, 'variant' | 'poolSide'>): LlavaConfig {
  const multilayer = variant === 'normalize-multilayer';
  return {
    vision: VISION,
    text: TEXT,
    projector: {
      activation: 'gelu',
      bias: true,
      normalize: variant === 'baseline' ? null : NORMALIZE,
      poolSide,
    },
    featureLayers: multilayer ? MULTILAYER : [-2],
    featurePostLayerNorm: multilayer,
    featureSelect: 'default',
    imageTokenId: idOf('<image>'),
  };
}

/**
 * The constants of + Normalize for a language model: every token's norm becomes √(mean · max) of the norms of its
 * embedding table [rows, width], here as a cap at their maximum and a scale of √(mean / max).
 */
export function normalizeFor(table: Float32Array, width: number): NormalizeConfig {
  const norms = tableNorms(table, width);
  const max = Math.max(...norms);
  const mean = norms.reduce((a, b) => a + b, 0) / norms.length;
  const digits = (value: number) => Number(value.toPrecision(6));
  return { eps: 1e-6, max: digits(max), scale: digits(Math.sqrt(mean / max)) };
}

/** L2 norm, in float64, of every row of an embedding table [rows, width]. */
export const tableNorms = (table: Float32Array, width: number): number[] =>
  Array.from({ length: table.length / width }, (_, row) =>
    Math.hypot(...table.subarray(row * width, (row + 1) * width)),
  );

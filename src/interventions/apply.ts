import * as tf from '@tensorflow/tfjs-core';
import type { Position } from '../engine/attention.js';
import * as ops from '../engine/ops.js';
import { UserError } from '../errors.js';
import type { DecoderHooks, TokenInfo } from '../models/decoding/stretch.js';
import type { Llava } from '../models/llava.js';
import type { InterventionReport } from '../records/prediction.js';
import { timed } from '../timings.js';
import { actOnHidden, actOnPixels, actOnPositions, actOnTokens } from './act.js';
import { type ImageContext, type Intervention, identityOf } from './types.js';

/** Vision features of one image, kept while no intervention changes its pixels. */
export class FeatureCache {
  private readonly kept = new Map<string, tf.Tensor2D>();

  constructor(
    readonly model: Llava,
    private readonly pixels: Float32Array | null,
  ) {}

  get(interventions: readonly Intervention[], image: ImageContext): tf.Tensor2D {
    const acting = interventions.filter(i => i.pixels);
    const key = JSON.stringify(acting.map(identityOf));
    const known = this.kept.get(key);
    if (known) return known;
    const pixels = acting.reduce((p, i) => actOnPixels(i, () => i.pixels!(p, image), p.length), this.pixels!);
    const side = this.model.config.vision.imageSize;
    const features = timed('vision tower', () =>
      tf.tidy(() => this.model.encode(tf.tensor4d(pixels, [1, side, side, 3]))),
    );
    this.kept.set(key, features);
    return features;
  }

  dispose(): void {
    for (const features of this.kept.values()) features.dispose();
  }
}

/** Vision tokens as they enter the decoder, and what was done to them. */
export interface VisionTokens {
  /** [tokens, width] */
  readonly tokens: tf.Tensor2D;
  readonly did: readonly InterventionReport[];
}

/** Features → vision tokens, changed by the condition's interventions in turn. The caller disposes of the tokens. */
export function visionTokensOf(
  features: FeatureCache,
  interventions: readonly Intervention[],
  context: ImageContext,
): VisionTokens {
  const plain = features.get(interventions, context);
  const did: InterventionReport[] = [];
  const tokens = tf.tidy(() =>
    interventions.reduce((tokens, intervention) => {
      if (!intervention.visionTokens) return tokens;
      const call = () => intervention.visionTokens!(tokens, context, ops);
      const changed = actOnTokens(intervention, call, tokens.shape[1]);
      if (changed.did) did.push({ kind: intervention.kind, did: changed.did });
      return changed.tokens;
    }, features.model.project(plain)),
  );
  return { tokens, did };
}

/** The sites inside the decoder, where interventions act in turn. */
export function hooksOf(interventions: readonly Intervention[], context: ImageContext): DecoderHooks {
  const moving = interventions.filter(i => i.positions);
  const biasing = interventions.filter(i => i.attentionBias);
  const patching = interventions.filter(i => i.hidden);
  const hidden = (layer: number, x: tf.Tensor2D, tokens: readonly TokenInfo[]) =>
    patching.reduce(
      (state, i) => actOnHidden(i, () => i.hidden!(state, layer, tokens, context, ops), state.shape),
      x,
    );
  const positions = (tokens: readonly TokenInfo[]): readonly Position[] =>
    moving.reduce<readonly Position[]>(
      (placed, intervention) => {
        const given = tokens.map((token, i) => ({ ...token, position: onALine(placed[i]!, intervention) }));
        return actOnPositions(intervention, () => intervention.positions!(given, context), given);
      },
      tokens.map(({ position }) => position),
    );
  return {
    ...(moving.length > 0 ? { positions } : {}),
    ...(biasing.length > 0 ? { attentionBias: layer => biasing.flatMap(i => i.attentionBias!(layer)) } : {}),
    ...(patching.length > 0 ? { hidden } : {}),
  };
}

/** UserError for a token that an intervention before has placed in several directions: the next would not know which to move. */
function onALine(place: Position, { kind }: Intervention): number {
  if (typeof place === 'number') return place;
  throw new UserError(
    `intervention "${kind}" takes positions on a line, the one before it gave some in ${place.length} directions: put it first`,
  );
}

import * as tf from '@tensorflow/tfjs-core';
import type { Position } from '../engine/attention.js';
import { messageOf, UserError } from '../errors.js';
import type { TokenInfo } from '../models/decoding/stretch.js';
import type { JsonObject } from '../records/json.js';
import type { Intervention, Site } from './types.js';

/**
 * What an intervention gives at its site. UserError that names it where it throws, or gives something else: a run never goes on with
 * what is none of its input.
 */
function give<T>(
  { kind }: Intervention,
  site: Site,
  call: () => T,
  expected: string,
  isIt: (value: T) => boolean,
): T {
  let value: T;
  try {
    value = call();
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`intervention "${kind}" failed at ${site} (${messageOf(error)}): correct it`, {
      cause: error,
    });
  }
  if (isIt(value)) return value;
  throw new UserError(
    `intervention "${kind}" must give ${expected} at ${site}, and gave ${value === undefined ? 'nothing' : typeof value === 'object' ? 'something else' : String(value)}: correct it`,
  );
}

/** Pixels as they were many: [S, S, 3]. */
export const actOnPixels = (
  intervention: Intervention,
  call: () => Float32Array,
  length: number,
): Float32Array =>
  give(
    intervention,
    'pixels',
    call,
    `a Float32Array of ${length} numbers`,
    pixels => pixels instanceof Float32Array && pixels.length === length,
  );

/** Vision tokens [tokens, width], of any number, and what is told of the change. */
export function actOnTokens(
  intervention: Intervention,
  call: () => tf.Tensor2D | { readonly tokens: tf.Tensor2D; readonly did: JsonObject },
  width: number,
): { readonly tokens: tf.Tensor2D; readonly did: JsonObject | null } {
  const isTokens = (value: unknown): boolean =>
    value instanceof tf.Tensor && value.rank === 2 && value.shape[1] === width && value.shape[0]! > 0;
  const changed = give(
    intervention,
    'visionTokens',
    call,
    `a tensor [tokens, ${width}], or { tokens, did } with one`,
    value =>
      isTokens(value) ||
      (typeof value === 'object' &&
        value !== null &&
        'did' in value &&
        isTokens(value.tokens) &&
        typeof value.did === 'object'),
  );
  return 'did' in changed ? changed : { tokens: changed, did: null };
}

/** A position for every token. */
export const actOnPositions = (
  intervention: Intervention,
  call: () => readonly Position[],
  tokens: readonly TokenInfo[],
): readonly Position[] =>
  give(
    intervention,
    'positions',
    call,
    `a list of ${tokens.length} numbers, or lists of numbers`,
    positions =>
      Array.isArray(positions) &&
      positions.length === tokens.length &&
      positions.every(at =>
        Array.isArray(at) ? at.length > 0 && at.every(Number.isFinite) : Number.isFinite(at),
      ),
  );

/** Hidden states of the shape that they had. */
export const actOnHidden = (
  intervention: Intervention,
  call: () => tf.Tensor2D,
  [tokens, width]: readonly [number, number],
): tf.Tensor2D =>
  give(
    intervention,
    'hidden',
    call,
    `a tensor [${tokens}, ${width}]`,
    x => x instanceof tf.Tensor && x.rank === 2 && x.shape[0] === tokens && x.shape[1] === width,
  );

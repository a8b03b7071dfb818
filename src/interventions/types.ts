import { createHash } from 'node:crypto';
import type * as tf from '@tensorflow/tfjs-core';
import type { Position } from '../engine/attention.js';
import { UsageError } from '../errors.js';
import type { RoleBias, TokenInfo } from '../models/decoding/stretch.js';
import type { InterventionRecord } from '../records/condition.js';
import type { JsonObject } from '../records/json.js';

/** The engine's operations, handed to interventions so that declaring one does not load TensorFlow.js. */
export type Operations = typeof import('../engine/ops.js');

/** The image an intervention acts on. */
export interface ImageContext {
  readonly id: string;
  /** The run's seed; everything random is drawn from it, the intervention's own parameters and the image's id. */
  readonly seed: number;
  /** The vision tokens of each object of a drawn scene, from 0; undefined where they are not known. */
  readonly objectCells?: readonly (readonly number[])[] | undefined;
}

/** The places at which a model's input can be changed. */
interface Sites {
  /** Processed pixels [S, S, 3]. */
  pixels(pixels: Float32Array, image: ImageContext): Float32Array;
  /**
   * Vision tokens [tokens, width], between projector and decoder. `did` is what there is to tell of it, for the record: the
   * order that tokens were put into.
   */
  visionTokens(
    tokens: tf.Tensor2D,
    image: ImageContext,
    ops: Operations,
  ): tf.Tensor2D | { readonly tokens: tf.Tensor2D; readonly did: JsonObject };
  /** Position ids of a stretch of tokens: numbers, or lists of a token's places in several directions (`Position`). */
  positions(tokens: readonly TokenInfo[], image: ImageContext): readonly Position[];
  /** Biases added to a layer's attention logits; layers count from 1. */
  attentionBias(layer: number): readonly RoleBias[];
  /**
   * Hidden states [tokens, width] in place of a layer's: 0 the input embeddings, i the output of layer i. Called for every stretch of
   * tokens and every layer: gives `x` itself where nothing changes.
   */
  hidden(
    x: tf.Tensor2D,
    layer: number,
    tokens: readonly TokenInfo[],
    image: ImageContext,
    ops: Operations,
  ): tf.Tensor2D;
}

export type Site = keyof Sites;

type At<S extends Site> = Pick<Sites, S> & { readonly [Other in Exclude<Site, S>]?: never };

/**
 * A change to a model's input at exactly one site. It is its data: two of one kind with the same parameters do the same, so
 * `params` hold all that its effect depends on beside the image.
 */
export type Intervention = {
  readonly kind: string;
  readonly params: JsonObject;
} & (At<'pixels'> | At<'visionTokens'> | At<'positions'> | At<'attentionBias'> | At<'hidden'>);

const sites = ['pixels', 'visionTokens', 'positions', 'attentionBias', 'hidden'] as const satisfies Site[];

/** The package's own interventions, whose code changes only with its version. */
const own = new WeakSet<Intervention>();

/** Declares one of the package's own. */
export function ownIntervention<I extends Intervention>(intervention: I): I {
  own.add(intervention);
  return intervention;
}

/** UsageError for what is no intervention: kind and params missing, no site or several, keys that mean nothing. */
export function checkIntervention(value: Intervention): void {
  const expected = `{ kind: 'name', params: {…}, and one of ${sites.join(', ')} }`;
  if (typeof value !== 'object' || value === null) {
    throw new UsageError(`an intervention is ${expected}; got ${value === null ? 'null' : typeof value}`);
  }
  const { kind, params } = value;
  if (typeof kind !== 'string' || kind === '' || typeof params !== 'object' || params === null) {
    throw new UsageError(
      `an intervention is ${expected}; got one with the keys ${Object.keys(value).join(', ')}: give it a kind and its parameters`,
    );
  }
  const left = Object.keys(value).filter(
    key => !['kind', 'params'].includes(key) && !(sites as readonly string[]).includes(key),
  );
  if (left.length > 0) {
    throw new UsageError(
      `intervention "${kind}": the key "${left[0]}" means nothing; an intervention is ${expected}`,
    );
  }
  const acting = sites.filter(site => typeof value[site] === 'function');
  if (acting.length !== 1) {
    throw new UsageError(
      `intervention "${kind}" acts at ${acting.length === 0 ? 'no site' : acting.join(' and ')}; it must be a function at exactly one of ${sites.join(', ')}`,
    );
  }
}

/** The site that an intervention acts at. */
const siteOf = (intervention: Intervention): Site => sites.find(site => intervention[site] !== undefined)!;

/** An intervention as data, as runs are keyed and stored by. */
export function recordOf(intervention: Intervention): InterventionRecord {
  const { kind, params } = intervention;
  if (own.has(intervention)) return { kind, params };
  const code = createHash('sha256')
    .update(String(intervention[siteOf(intervention)]))
    .digest('hex');
  return { kind, params, code: code.slice(0, 16) };
}

const numbers = new WeakMap<Intervention, number>();
let count = 0;

/**
 * Identifies an intervention within this process: by its data, and, where it is not the package's own, as the very object:
 * functions of one text may differ in what they close over.
 */
export function identityOf(intervention: Intervention): string {
  if (own.has(intervention)) return JSON.stringify(recordOf(intervention));
  if (!numbers.has(intervention)) numbers.set(intervention, ++count);
  return JSON.stringify([recordOf(intervention), numbers.get(intervention)]);
}

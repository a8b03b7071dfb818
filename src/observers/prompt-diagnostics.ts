import * as tf from '@tensorflow/tfjs-core';
import { sinksAmong } from '../metrics/sinks.js';
import type { DecoderProbe } from '../models/architectures/types.js';
import { decoderInput, type TokenInfo } from '../models/decoding/stretch.js';
import type { Llava } from '../models/llava.js';
import type { EncodedPrompt } from '../models/text/prompt.js';
import { meansByKind, type NumbersByKind, normsOf } from './hidden-norms.js';
import { attentionLogits, visionMass } from './logits.js';
import { type PhaseStep, phaseStep } from './phase-step.js';
import { type QueriesKeys, queriesKeys } from './queries-keys.js';
import { type RopeSensitivity, ropeSensitivity } from './rope-sensitivity.js';
import { kindOf, type PromptLayout } from './token-kinds.js';
import { turnRates } from './turn-rate.js';

/** What one pass over a prompt tells of its positions, layer by layer. */
export interface PromptDiagnostics {
  readonly rope: readonly RopeSensitivity[];
  readonly queriesKeys: readonly QueriesKeys[];
  /** Of the input embeddings, then of each layer's output, before any final norm. */
  readonly hidden: readonly NumbersByKind[];
  /** Mean cosine of the states before and after each layer. */
  readonly turn: readonly NumbersByKind[];
  readonly phase: readonly PhaseStep[];
  readonly sinks: readonly Sinks[];
}

/** The vision tokens of extreme norm among those that come into a layer. */
interface Sinks {
  /** Their places among the vision tokens, from 0. */
  readonly places: readonly number[];
  /** The attention that the end-of-sequence query gives them, mean over heads. */
  readonly mass: number;
}

/**
 * Runs a prompt through the decoder, followed by an end-of-sequence token: that token is the query of the RoPE sensitivity
 * and counts in nothing else. Each layer's tensors become numbers before the next layer runs.
 * @param visionTokens [tokens, width]
 * @param delta steps by which the vision keys are turned
 */
export function diagnosePrompt(
  model: Llava,
  { before, after }: EncodedPrompt,
  visionTokens: tf.Tensor2D,
  { layout, delta }: { readonly layout: PromptLayout; readonly delta: number },
): PromptDiagnostics {
  const { eosTokenIds, ropeTheta } = model.config.text;
  const imageEnd = before.length + visionTokens.shape[0];
  const length = imageEnd + after.length;
  const tokens = Array.from({ length: length + 1 }, (_, position): TokenInfo => {
    const role = position < before.length ? 'system' : position < imageEnd ? 'vision' : 'user';
    return { role, question: null, position };
  });
  const kinds = tokens.slice(0, length).map(token => kindOf(token, layout));
  const isVision = kinds.map(kind => kind === 'vision');
  const found = { rope: [], queriesKeys: [], hidden: [], turn: [], phase: [], sinks: [] } as {
    rope: RopeSensitivity[];
    queriesKeys: QueriesKeys[];
    hidden: NumbersByKind[];
    turn: NumbersByKind[];
    phase: PhaseStep[];
    sinks: Sinks[];
  };
  /** What came into the layer at work, and the places of its sinks. */
  let incoming: { readonly x: tf.Tensor2D; readonly sinks: readonly number[] } | null = null;
  const probe: DecoderProbe = {
    hidden: (_, x) => {
      const norms = normsOf(x);
      found.hidden.push(meansByKind(norms, kinds));
      if (incoming) {
        found.turn.push(turnRates(incoming.x, x, kinds));
        incoming.x.dispose();
      }
      // Beyond this call the tensor is the decoder's no more.
      incoming = {
        x: tf.keep(tf.clone(x)),
        sinks: sinksAmong(norms.subarray(before.length, imageEnd)),
      };
    },
    queriesKeys: (_, queries, allKeys) =>
      tf.tidy(() => {
        const [end, , width] = queries.shape;
        const query = tf.slice(queries, [0, length, 0], [end, 1, width]);
        const asked = tf.slice(queries, [0, 0, 0], [end, length, width]);
        const keys = tf.slice(allKeys, [0, 0, 0], [allKeys.shape[0], length, width]);
        found.rope.push(ropeSensitivity(query, keys, isVision, { theta: ropeTheta, delta }));
        found.queriesKeys.push(queriesKeys(asked, keys, isVision, [imageEnd, length]));
        const places = incoming!.sinks;
        found.sinks.push({ places, mass: massOn(places, query, keys) });
      }),
    attentionOutput: (_, seen) => {
      found.phase.push(phaseStep(seen, kinds, { theta: ropeTheta, delta }));
    },
  };
  /** Attention mass of a query on some vision tokens, mean over heads. */
  const massOn = (places: readonly number[], query: tf.Tensor3D, keys: tf.Tensor3D): number => {
    if (places.length === 0) return 0;
    const isSink = kinds.map((_, token) => places.includes(token - before.length));
    const logits = attentionLogits(query, keys);
    const heads = query.shape[0];
    const masses = Array.from({ length: heads }, (_, h) =>
      visionMass(logits.subarray(h * length, (h + 1) * length), isSink),
    );
    return masses.reduce((sum, mass) => sum + mass, 0) / heads;
  };
  tf.tidy(() => {
    const x = tf.concat(
      [
        ...(before.length > 0 ? [model.decoder.embed(before)] : []),
        visionTokens,
        model.decoder.embed([...after, eosTokenIds[0]!]),
      ],
      0,
    );
    const stretch = { phase: 'prefix', queries: tokens, keys: tokens } as const;
    model.decoder.run(decoderInput(model.config.text, { probe: () => probe }, stretch, x, []));
  });
  (incoming as { readonly x: tf.Tensor2D } | null)?.x.dispose();
  return found;
}

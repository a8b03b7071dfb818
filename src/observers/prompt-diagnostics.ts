import * as tf from '@tensorflow/tfjs-core';
import { decoderInput, type TokenInfo } from '../models/decoding/stretch.js';
import type { Llava } from '../models/llava.js';
import type { EncodedPrompt } from '../models/text/prompt.js';
import { hiddenNorms, type NormsByKind } from './hidden-norms.js';
import { type QueriesKeys, queriesKeys } from './queries-keys.js';
import { type RopeSensitivity, ropeSensitivity } from './rope-sensitivity.js';
import { kindOf, type PromptLayout } from './token-kinds.js';

/** What one pass over a prompt tells of its positions, layer by layer. */
export interface PromptDiagnostics {
  readonly rope: readonly RopeSensitivity[];
  readonly queriesKeys: readonly QueriesKeys[];
  /** Of the input embeddings, then of each layer's output, before any final norm. */
  readonly hidden: readonly NormsByKind[];
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
  const found = { rope: [], queriesKeys: [], hidden: [] } as {
    rope: RopeSensitivity[];
    queriesKeys: QueriesKeys[];
    hidden: NormsByKind[];
  };
  const probe = {
    hidden: (_: number, x: tf.Tensor2D) => {
      found.hidden.push(hiddenNorms(x, kinds));
    },
    queriesKeys: (_: number, queries: tf.Tensor3D, allKeys: tf.Tensor3D) =>
      tf.tidy(() => {
        const [end, width] = [queries.shape[0], queries.shape[2]];
        const query = tf.slice(queries, [0, length, 0], [end, 1, width]);
        const asked = tf.slice(queries, [0, 0, 0], [end, length, width]);
        const keys = tf.slice(allKeys, [0, 0, 0], [allKeys.shape[0], length, width]);
        found.rope.push(ropeSensitivity(query, keys, isVision, { theta: ropeTheta, delta }));
        found.queriesKeys.push(queriesKeys(asked, keys, isVision, [imageEnd, length]));
      }),
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
  return found;
}

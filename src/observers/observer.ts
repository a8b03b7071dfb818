import type * as tf from '@tensorflow/tfjs-core';
import type { DecoderProbe } from '../models/architectures/types.js';
import type { Stretch, TokenInfo } from '../models/decoding/stretch.js';
import type { OpenedModel } from '../models/open-model.js';
import { type QuestionRows, type RowOptions, watchRows } from './attention-rows.js';
import { watchSimilarity } from './token-similarity.js';

/** The decoder at work, as an observer sees it while an image's questions are answered. */
export interface Watch<T> {
  /** What to see of a stretch of tokens; tensors live only during the probe's calls. A token's `question` counts from 0. */
  probe(stretch: Stretch): DecoderProbe | undefined;
  /** What was seen of a question, once it is answered. */
  of(question: number): T;
}

/** Something that watches; begun anew for every image under every condition. */
export type Observer<T> = (model: OpenedModel) => Watch<T>;

/** Whether a model's prompts begin with a BOS. */
export const putsBos = ({ tokenizer }: OpenedModel): boolean =>
  tokenizer.bosTokenId !== null && tokenizer.encode('')[0] === tokenizer.bosTokenId;

/**
 * Attention over the vision tokens, as the paper's entropies take it (§7): see `watchRows`. Without an image nothing is seen.
 * @param options layers (from 1, all by default), heads (from 1, all by default), `text`: also of the prompt's tokens after the image
 */
export const attentionRows =
  (options: Partial<Omit<RowOptions, 'bos'>> = {}): Observer<QuestionRows | undefined> =>
  model => {
    const layers = options.layers ?? ([1, model.llava.config.text.layers] as const);
    return watchRows({ heads: null, text: false, ...options, layers, bos: putsBos(model) });
  };

/** Cosine similarity of every vision token, as it enters the decoder, to the one at `reference` (from 0): float[tokens]. */
export const similarityTo =
  (reference: number): Observer<Float32Array | undefined> =>
  () => {
    const { probe, similarities } = watchSimilarity(reference);
    return { probe, of: similarities };
  };

/** Hidden states of a question's whole sequence: prompt, image and answer (but its last token, which is never put in). */
export interface HiddenStates {
  readonly tokens: readonly TokenInfo[];
  readonly width: number;
  /** For each layer, 0 the input embeddings, i the output of layer i before any final norm: float[tokens · width], row by row. */
  readonly layers: readonly Float32Array[];
}

/** Hidden states of every layer. */
export const hiddenStates = (): Observer<HiddenStates> => () => {
  const seen: { readonly tokens: readonly TokenInfo[]; readonly layers: Float32Array[]; width: number }[] =
    [];
  return {
    probe({ phase, queries }) {
      // A new prefix begins what another batch of questions saw.
      const stretch = { tokens: queries, layers: [] as Float32Array[], width: 0 };
      if (phase === 'prefix') seen.length = 0;
      seen.push(stretch);
      return {
        hidden(layer: number, x: tf.Tensor2D) {
          stretch.width = x.shape[1];
          stretch.layers[layer] = x.dataSync<'float32'>().slice();
        },
      };
    },
    of(question) {
      const own = seen.map(({ tokens, layers, width }) => {
        const places = tokens.flatMap((token, i) =>
          token.question === null || token.question === question ? [i] : [],
        );
        return { tokens, layers, width, places };
      });
      const { width = 0, layers: first = [] } = own[0] ?? {};
      return {
        tokens: own.flatMap(({ tokens, places }) => places.map(i => tokens[i]!)),
        width,
        layers: first.map((_, layer) => {
          const rows = own.flatMap(({ layers, places }) =>
            places.map(i => layers[layer]!.subarray(i * width, (i + 1) * width)),
          );
          const joined = new Float32Array(rows.length * width);
          rows.forEach((row, i) => {
            joined.set(row, i * width);
          });
          return joined;
        }),
      };
    },
  };
};

import * as tf from '@tensorflow/tfjs-core';
import { joinKeysValues, type KeysValues } from '../../engine/attention.js';
import type { Random } from '../../random.js';
import type { Llava } from '../llava.js';
import { disposeKeysValues, kept, type Prefix } from './prefill.js';
import { type DecodingRules, underRules } from './rules.js';
import { decoderInput, refuseTooLong, type Stretch, type TokenInfo } from './stretch.js';

export interface DecodingOptions {
  readonly maxNewTokens: number;
  /** Ids that end an answer. */
  readonly stopIds: readonly number[];
  /** 0 is greedy: the first of the largest logits. */
  readonly temperature: number;
  /** One generator a question; needed when `temperature` > 0 or `rules` sample. */
  readonly randoms?: readonly Random[];
  /** What the checkpoint's generation_config.json asks for; by default answers are chosen by the bare logits. */
  readonly rules?: DecodingRules | undefined;
}

export interface Generation {
  /** Generated ids, the stop token included when one came. */
  readonly tokenIds: readonly number[];
  /** Smallest gap between the first and second logit (under the rules, if any) over the generated tokens. */
  readonly margin: number;
}

/** One question's own part of the batch. */
interface Branch {
  readonly question: number;
  /** Prompt and image. */
  readonly promptIds: readonly number[];
  readonly tokenIds: number[];
  margin: number;
  /** Length of its whole sequence so far: prefix, question, answer. */
  length: number;
}

/**
 * Answers several questions on one prefix. The questions' tokens after the image run side by side as one packed
 * stretch: each sees the prefix and its own tokens, so that the prefix's keys and values are shared by all.
 */
export function generate(
  model: Llava,
  prefix: Prefix,
  suffixes: readonly (readonly number[])[],
  options: DecodingOptions,
): Generation[] {
  const start = prefix.tokens.length;
  const branches = suffixes.map(
    (ids, question): Branch => ({
      question,
      promptIds: [...prefix.ids, ...ids],
      tokenIds: [],
      margin: Infinity,
      length: start + ids.length,
    }),
  );
  for (const { length } of branches) refuseTooLong(length, model.config.text);
  const tokens = suffixes.flatMap((ids, question) =>
    ids.map((_, i): TokenInfo => ({ role: 'user', question, position: start + i })),
  );
  const cache = new OwnCache(prefix);
  try {
    const ends = branches.map((_, b) => suffixes.slice(0, b + 1).reduce((n, ids) => n + ids.length, 0) - 1);
    choose(
      branches,
      cache.advance(model, 'question', suffixes.flat(), tokens, ends),
      model.config.text.vocabSize,
      options,
    );
    let active = branches.filter(b => unfinished(b, options));
    while (active.length > 0) {
      const step = active.map(
        (b): TokenInfo => ({ role: 'answer', question: b.question, position: b.length++ }),
      );
      const ids = active.map(b => b.tokenIds.at(-1)!);
      const logits = cache.advance(model, 'decode', ids, step);
      choose(active, logits, model.config.text.vocabSize, options);
      active = active.filter(b => unfinished(b, options));
    }
  } finally {
    cache.dispose();
  }
  return branches.map(({ tokenIds, margin }) => ({ tokenIds, margin }));
}

const unfinished = ({ tokenIds }: Branch, { stopIds, maxNewTokens }: DecodingOptions): boolean =>
  tokenIds.length < maxNewTokens && !stopIds.includes(tokenIds.at(-1)!);

/** Keys and values of the questions' own tokens: a fork of the prefix's cache, which it never changes. */
class OwnCache {
  private tokens: TokenInfo[] = [];
  private own: readonly KeysValues[] = [];

  constructor(private readonly prefix: Prefix) {}

  /** Runs a stretch and returns the logits of its `rows`, all by default: [rows, vocabulary] row by row. */
  advance(
    model: Llava,
    phase: Stretch['phase'],
    ids: readonly number[],
    queries: readonly TokenInfo[],
    rows?: readonly number[],
  ): Float32Array {
    const { prefix } = this;
    const keys = [...prefix.tokens, ...this.tokens, ...queries];
    const read = tf.tidy(() => {
      const past = [prefix.keysValues, this.own].filter(stretch => stretch.length > 0);
      const input = decoderInput(
        model.config.text,
        prefix.hooks,
        { phase, queries, keys },
        model.decoder.embed(ids),
        past,
      );
      const { hidden, own } = model.decoder.run(rows ? { ...input, rows } : input);
      const joined = own.map((layer, i) =>
        kept(this.own.length > 0 ? joinKeysValues([this.own[i]!, layer]) : layer),
      );
      this.own.forEach(disposeKeysValues);
      this.own = joined;
      return model.decoder.logits(hidden);
    });
    // Outside: `tidy` looks for tensors in what it returns, through an array number by number.
    const logits = read.dataSync<'float32'>();
    read.dispose();
    this.tokens.push(...queries);
    return logits;
  }

  dispose(): void {
    this.own.forEach(disposeKeysValues);
  }
}

/** Appends the next token to each branch from its row of logits. */
function choose(
  branches: readonly Branch[],
  logits: Float32Array,
  vocabSize: number,
  { temperature, randoms, rules, stopIds, maxNewTokens }: DecodingOptions,
): void {
  branches.forEach((branch, row) => {
    const bare = logits.subarray(row * vocabSize, (row + 1) * vocabSize);
    const { promptIds, tokenIds } = branch;
    const standing = () => ({
      ids: [...promptIds, ...tokenIds],
      promptLength: promptIds.length,
      stopIds,
      maxNewTokens,
    });
    const values = rules ? underRules(bare, rules, standing()) : bare;
    const { first, margin } = topTwo(values);
    branch.margin = Math.min(branch.margin, margin);
    const heat = rules?.sampling ? 1 : temperature;
    tokenIds.push(heat > 0 ? sample(values, heat, randoms![branch.question]!) : first);
  });
}

/** Index of the largest value, and its lead over the second. */
function topTwo(values: Float32Array): { first: number; margin: number } {
  let first = 0;
  let best = -Infinity;
  let second = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value > best) {
      second = best;
      best = value;
      first = i;
    } else if (value > second) second = value;
  }
  return { first, margin: best - second };
}

/** An index drawn with probability softmax(values / temperature). */
function sample(values: Float32Array, temperature: number, random: Random): number {
  const top = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = Array.from(values, v => Math.exp((v - top) / temperature));
  let left = random() * weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) {
    left -= weights[i]!;
    if (left < 0) return i;
  }
  return weights.length - 1;
}

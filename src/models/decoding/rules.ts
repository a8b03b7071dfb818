/**
 * Rules that change the logits before a token is chosen, as a checkpoint's generation_config.json may state them.
 * Source: the logits processors of transformers' `generate`, in its order.
 */
export interface DecodingRules {
  /** Divides positive and multiplies negative logits of every token that stands in the sequence; 1 leaves them. */
  readonly repetitionPenalty: number;
  /** No sequence of this many tokens may come twice; 0 allows it. */
  readonly noRepeatNgram: number;
  /** Sequences of ids that may not come. */
  readonly badWords: readonly (readonly number[])[];
  /** Added to the logit of a sequence's last id where the others stand before it. */
  readonly sequenceBias: readonly (readonly [readonly number[], number])[];
  /** No end before the sequence, prompt and image included, has so many tokens. */
  readonly minLength: number;
  /** No end before so many new tokens. */
  readonly minNewTokens: number;
  /** Ids that may not come at all, and not as the first new token. */
  readonly suppress: readonly number[];
  readonly suppressFirst: readonly number[];
  /** Ids one of which must be the last token allowed; empty for none. */
  readonly forcedLast: readonly number[];
  /** From `start` new tokens on, the end's logit grows by |logit| · (factor^tokens since − 1). */
  readonly decay: { readonly start: number; readonly factor: number } | null;
  /** null is greedy. */
  readonly sampling: Sampling | null;
}

interface Sampling {
  readonly temperature: number;
  /** Tokens with the largest logits that stay; 0 for all. */
  readonly topK: number;
  /** Smallest set of tokens whose probabilities reach this; 1 for all. */
  readonly topP: number;
  /** Tokens at least this part as probable as the most probable one; 0 for all. */
  readonly minP: number;
}

/** Where a sequence stands when its next token is chosen. */
export interface Standing {
  /** Ids so far: prompt (one image id a vision token), then the answer. */
  readonly ids: readonly number[];
  readonly promptLength: number;
  readonly stopIds: readonly number[];
  readonly maxNewTokens: number;
}

const NEVER = -Infinity;

/** `logits` [vocabulary] under the rules, as a new array of float32. */
export function underRules(logits: Float32Array, rules: DecodingRules, at: Standing): Float32Array {
  const scores = Float32Array.from(logits);
  const made = at.ids.length - at.promptLength;
  const forbid = (ids: Iterable<number>) => {
    for (const id of ids) if (id < scores.length) scores[id] = NEVER;
  };
  addBias(scores, rules.sequenceBias, at.ids);
  penalise(scores, rules.repetitionPenalty, at.ids);
  forbid(repeats(at.ids, rules.noRepeatNgram));
  const bad = rules.badWords.filter(word => !(word.length === 1 && at.stopIds.includes(word[0]!)));
  addBias(
    scores,
    bad.map(word => [word, NEVER] as const),
    at.ids,
  );
  if (at.ids.length < rules.minLength || made < rules.minNewTokens) forbid(at.stopIds);
  if (rules.forcedLast.length > 0 && made === at.maxNewTokens - 1) {
    scores.fill(NEVER);
    for (const id of rules.forcedLast) scores[id] = 0;
  }
  if (rules.decay && made > rules.decay.start) {
    const growth = rules.decay.factor ** (made - rules.decay.start) - 1;
    for (const id of at.stopIds) scores[id]! += Math.fround(Math.abs(scores[id]!) * growth);
  }
  forbid(rules.suppress);
  if (made === 0) forbid(rules.suppressFirst);
  return rules.sampling ? narrowed(scores, rules.sampling) : scores;
}

const unique = (ids: readonly number[], size: number) => new Set(ids.filter(id => id >= 0 && id < size));

function penalise(scores: Float32Array, penalty: number, ids: readonly number[]): void {
  if (penalty === 1) return;
  const factor = Math.fround(penalty);
  for (const id of unique(ids, scores.length)) {
    const score = scores[id]!;
    scores[id] = score < 0 ? score * factor : score / factor;
  }
}

/** Biases add up; those of single ids and of longer sequences alike. */
function addBias(
  scores: Float32Array,
  biases: readonly (readonly [readonly number[], number])[],
  ids: readonly number[],
): void {
  if (biases.length === 0) return;
  const sums = new Float32Array(scores.length);
  for (const [word, bias] of biases) {
    const before = word.slice(0, -1);
    const start = ids.length - before.length;
    if (start >= 0 && before.every((id, i) => ids[start + i] === id)) sums[word.at(-1)!]! += bias;
  }
  for (let i = 0; i < scores.length; i++) scores[i]! += sums[i]!;
}

/** Ids that would complete a sequence of `size` ids that stands in `ids` already. */
function repeats(ids: readonly number[], size: number): Set<number> {
  const found = new Set<number>();
  if (size === 0 || ids.length < size) return found;
  const last = ids.slice(ids.length - size + 1);
  for (let start = 0; start + size <= ids.length; start++) {
    if (last.every((id, i) => ids[start + i] === id)) found.add(ids[start + size - 1]!);
  }
  return found;
}

/** Logits over the temperature; those that top-k, top-p and min-p leave out are −∞. */
function narrowed(scores: Float32Array, { temperature, topK, topP, minP }: Sampling): Float32Array {
  const warm = scores.map(score => score / temperature);
  const descending = () => Array.from(warm.keys()).sort((a, b) => warm[b]! - warm[a]! || a - b);
  if (topK > 0 && topK < warm.length) {
    const least = warm[descending()[topK - 1]!]!;
    for (let i = 0; i < warm.length; i++) if (warm[i]! < least) warm[i] = NEVER;
  }
  if (topP < 1) {
    const order = descending();
    const shares = sharesOf(warm);
    let above = 0;
    order.forEach((id, place) => {
      if (place > 0 && above >= topP) warm[id] = NEVER;
      above += shares[id]!;
    });
  }
  if (minP > 0) {
    const shares = sharesOf(warm);
    const least = minP * shares.reduce((a, b) => Math.max(a, b), 0);
    for (let i = 0; i < warm.length; i++) if (shares[i]! < least) warm[i] = NEVER;
  }
  return warm;
}

/** Probabilities: softmax. */
function sharesOf(scores: Float32Array): Float64Array {
  const top = scores.reduce((a, b) => Math.max(a, b), NEVER);
  const weights = Float64Array.from(scores, score => Math.exp(score - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map(weight => weight / sum);
}

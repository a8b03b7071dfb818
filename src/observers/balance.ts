import * as tf from '@tensorflow/tfjs-core';
import type { DecoderProbe } from '../models/architectures/types.js';
import type { Stretch } from '../models/decoding/stretch.js';
import { kindOf, type PromptLayout, type TokenKind } from './token-kinds.js';

/** Where the answer's queries look, over the decoding steps of one question. */
export interface Balance {
  /** Cross-modality balance: vision / (vision + user text), mean over steps; [layers · heads], layer by layer. */
  readonly visionShare: readonly number[];
  /** System prompt / (vision + user text + system prompt), likewise. */
  readonly systemShare: readonly number[];
  /** User text / (vision + user text + system prompt), likewise. */
  readonly userShare: readonly number[];
  /** `systemShare` by step, mean over layers and heads. */
  readonly systemShareBySteps: readonly number[];
}

/** Sums over the steps of one question. */
interface Sums {
  readonly vision: Float64Array;
  readonly system: Float64Array;
  readonly user: Float64Array;
  readonly systemBySteps: number[];
}

/**
 * Watches questions being answered: at every decoding step the attention of the query that produces the next token, its
 * masses on vision, user text and system prompt. BOS and the answer itself count in none of them, and a share of nothing
 * is 0 (the authors' scripts).
 * @param layoutOf the layout of a question's prompt, by the question's index
 */
export function observeBalance(
  { layers, heads }: { readonly layers: number; readonly heads: number },
  layoutOf: (question: number) => PromptLayout,
) {
  const byQuestion = new Map<number, Sums>();
  const size = layers * heads;
  const sumsOf = (question: number): Sums => {
    const known = byQuestion.get(question);
    if (known) return known;
    const [vision, system, user] = Array.from({ length: 3 }, () => new Float64Array(size));
    const sums = { vision: vision!, system: system!, user: user!, systemBySteps: [] };
    byQuestion.set(question, sums);
    return sums;
  };

  /** What to see of a stretch; nothing of the prefix, which produces no token. */
  function probe({ phase, queries, keys }: Stretch): DecoderProbe | undefined {
    if (phase === 'prefix') return undefined;
    const producing = lastOfEach(queries.map(q => q.question!));
    const steps = producing.map(({ question, row }) => {
      const layout = layoutOf(question);
      return { row, sums: sumsOf(question), kinds: keys.map(key => kindOf(key, layout)) };
    });
    for (const { sums } of steps) sums.systemBySteps.push(0);
    return {
      attention: (layer, probabilities) => {
        const rows = rowsOf(
          probabilities,
          steps.map(s => s.row),
        );
        steps.forEach(({ sums, kinds }, s) => {
          for (let head = 0; head < heads; head++) {
            const start = (head * steps.length + s) * keys.length;
            const mass = massesOf(rows.subarray(start, start + keys.length), kinds);
            const asked = mass.vision + mass.user + mass.role;
            const system = share(mass.system, asked + mass.system);
            const at = (layer - 1) * heads + head;
            sums.vision[at]! += share(mass.vision, asked);
            sums.system[at]! += system;
            sums.user[at]! += share(mass.user + mass.role, asked + mass.system);
            sums.systemBySteps[sums.systemBySteps.length - 1]! += system / size;
          }
        });
      },
    };
  }

  /** What was seen of a question's steps so far. */
  function balance(question: number): Balance {
    const { vision, system, user, systemBySteps } = sumsOf(question);
    const mean = (sums: Float64Array) => Array.from(sums, sum => sum / systemBySteps.length);
    return {
      visionShare: mean(vision),
      systemShare: mean(system),
      userShare: mean(user),
      systemShareBySteps: systemBySteps,
    };
  }

  return { probe, balance };
}

/** The last row of each question of a stretch: the query that produces its next token. */
function lastOfEach(questions: readonly number[]): { question: number; row: number }[] {
  const last = new Map(questions.map((question, row) => [question, row]));
  return [...last].map(([question, row]) => ({ question, row }));
}

/** Rows of probabilities [heads, queries, keys], as [heads · rows · keys]. */
function rowsOf(probabilities: tf.Tensor3D, rows: readonly number[]): Float32Array {
  const taken = tf.tidy(() => tf.gather(probabilities, tf.tensor1d([...rows], 'int32'), 1));
  const values = taken.dataSync<'float32'>();
  taken.dispose();
  return values;
}

function massesOf(row: Float32Array, kinds: readonly TokenKind[]): Record<TokenKind, number> {
  const masses = { bos: 0, system: 0, role: 0, vision: 0, user: 0, answer: 0 };
  kinds.forEach((kind, k) => {
    masses[kind] += row[k]!;
  });
  return masses;
}

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

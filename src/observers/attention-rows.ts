import * as tf from '@tensorflow/tfjs-core';
import type { DecoderProbe } from '../models/architectures/types.js';
import type { Stretch } from '../models/decoding/stretch.js';

export interface RowOptions {
  /** First and last of the layers averaged over, counted from 1. */
  readonly layers: readonly [first: number, last: number];
  /** Heads averaged over, counted from 1; null for all. */
  readonly heads: readonly number[] | null;
  /** Whether prompts begin with a BOS, whose column is left out; a model without one has all its columns counted. */
  readonly bos: boolean;
  /** Whether the rows of the prompt's text after the image are wanted, too. */
  readonly text: boolean;
}

/** Attention over the N vision tokens, seen while one question was answered. A row does not sum to 1: the rest is text's. */
export interface QuestionRows {
  /** A row for each generated token (the stop token, too), float[N]: the mean over the layers. */
  readonly answer: readonly Row[];
  /** A row for each token of the prompt's text after the image, if wanted. */
  readonly text: readonly Row[];
  /** Layer by layer, the mean of the answer's rows, float[N]. */
  readonly byLayer: readonly Row[];
}

export type Row = ArrayLike<number>;

export interface RowWatcher {
  probe(stretch: Stretch): DecoderProbe | undefined;
  /** What was seen of a question; undefined without an image. */
  of(question: number): QuestionRows | undefined;
}

/** A query whose row is wanted. */
interface Wanted {
  /** Its place among the stretch's queries. */
  readonly query: number;
  /** null: the last vision token's, which all questions on it share. */
  readonly question: number | null;
  readonly produces: 'answer' | 'text';
}

interface Seen {
  readonly answer: Row[];
  readonly text: Row[];
  /** Sums over the answer's rows. */
  readonly byLayer: Float64Array[];
}

/**
 * Watches attention as the paper's entropies and maps take it (§7, appendix C). The row of a token is that of the step
 * which produces it: its query is the token before. Per layer the mean over heads, without BOS's column and scaled to a
 * sum of 1 again; of these the mean over layers; of that the columns of the vision tokens. Reduced on the device: what is
 * read back is [rows, N] a layer. Reading attention gives up the blocks that long stretches are otherwise computed in.
 */
export function watchRows(options: RowOptions): RowWatcher {
  const { layers, text } = options;
  const count = layers[1] - layers[0] + 1;
  const questions = new Map<number, Seen>();
  /** Of the prefix at work: a question's first text token is produced by the last vision token. */
  let first: Row | null = null;

  const seenOf = (question: number): Seen => {
    const known = questions.get(question);
    if (known) return known;
    const seen: Seen = { answer: [], text: first ? [first] : [], byLayer: [] };
    questions.set(question, seen);
    return seen;
  };

  const take = ({ question, produces }: Wanted, row: Row) => {
    if (question === null) first = row;
    else seenOf(question)[produces].push(row);
  };

  return {
    probe(stretch) {
      const vision = visionColumns(stretch);
      const wanted = wantedOf(stretch, text);
      if (!vision || wanted.length === 0) return undefined;
      const sums = wanted.map(() => new Float64Array(vision.count));
      return {
        attention(layer, probabilities) {
          if (layer < layers[0] || layer > layers[1]) return;
          const queries = wanted.map(({ query }) => query);
          const values = readRows(probabilities, queries, vision, options);
          wanted.forEach(({ question, produces }, i) => {
            const row = values.subarray(i * vision.count, (i + 1) * vision.count);
            add(sums[i]!, row);
            if (question === null || produces !== 'answer') return;
            const { byLayer } = seenOf(question);
            byLayer[layer - layers[0]] ??= new Float64Array(vision.count);
            add(byLayer[layer - layers[0]]!, row);
          });
          if (layer < layers[1]) return;
          wanted.forEach((one, i) => {
            take(
              one,
              sums[i]!.map(sum => sum / count),
            );
          });
        },
      };
    },
    of(question) {
      const seen = questions.get(question);
      if (!seen) return undefined;
      const steps = seen.answer.length;
      return { ...seen, byLayer: seen.byLayer.map(sums => sums.map(sum => sum / steps)) };
    },
  };
}

/** The mean of rows, float[N]; RangeError of none. */
export function meanRow(rows: readonly Row[]): Float64Array {
  if (rows.length === 0) throw new RangeError('meanRow: no rows');
  const sums = new Float64Array(rows[0]!.length);
  for (const row of rows) add(sums, row);
  return sums.map(sum => sum / rows.length);
}

function add(sums: Float64Array, row: Row): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += row[i]!;
}

function visionColumns({ keys }: Stretch): { start: number; count: number } | undefined {
  const start = keys.findIndex(({ role }) => role === 'vision');
  if (start < 0) return undefined;
  return { start, count: keys.filter(({ role }) => role === 'vision').length };
}

function wantedOf({ phase, queries }: Stretch, text: boolean): Wanted[] {
  if (phase === 'prefix') {
    const last = queries.length - 1;
    return text ? [{ query: last, question: null, produces: 'text' }] : [];
  }
  // A question's last query produces the next token of its answer, the ones before it its own text.
  return queries.flatMap(({ question }, query): Wanted[] => {
    if (question !== queries[query + 1]?.question) return [{ query, question, produces: 'answer' }];
    return text ? [{ query, question, produces: 'text' }] : [];
  });
}

/** probabilities [heads, queries, keys] → float[rows · N]: the aggregated rows of one layer, vision columns. */
function readRows(
  probabilities: tf.Tensor3D,
  queries: readonly number[],
  vision: { readonly start: number; readonly count: number },
  { heads, bos }: RowOptions,
): Float32Array {
  const rows = tf.tidy(() => {
    const chosen = tf.gather(probabilities, tf.tensor1d([...queries], 'int32'), 1);
    const ofHeads = heads
      ? tf.gather(
          chosen,
          tf.tensor1d(
            heads.map(head => head - 1),
            'int32',
          ),
          0,
        )
      : chosen;
    const mean = tf.mean<tf.Tensor2D>(ofHeads, 0);
    const others = bos ? tf.slice(mean, [0, 1], [-1, -1]) : mean;
    // Not 1 less BOS's share: where BOS takes nearly all, little would be left of the digits.
    const rest = tf.maximum(tf.sum(others, 1, true), 1e-30);
    return tf.div<tf.Tensor2D>(tf.slice(mean, [0, vision.start], [-1, vision.count]), rest);
  });
  const values = rows.dataSync<'float32'>();
  rows.dispose();
  return values;
}

import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Prediction } from '../../records/prediction.js';
import { type ForeignFile, foreignPrediction, popeSplitOf } from './foreign-file.js';

/** What a model said: a text, or lists around it (one a request, one a repetition). */
const response: z.ZodType<string> = z.lazy(() =>
  z.union([
    z.string(),
    z
      .array(response)
      .min(1)
      .transform(list => list[0]!),
  ]),
);

const metric = z.union([
  z.number().min(0).max(1),
  z.looseObject({ score: z.number().min(0).max(1) }).transform(({ score }) => score),
]);

/**
 * A line of lmms-eval's `*_samples_<task>.jsonl` (`--log_samples`; its `evaluation_tracker.py`, v0.3 to v0.6). `resps` is left
 * out where it equals `filtered_resps`; the task's metrics stand between the other fields.
 */
export const lmmsEvalLine = z.looseObject({
  doc_id: z.union([z.int(), z.string()]),
  target: z.union([z.string(), z.number()]).transform(String),
  filtered_resps: response,
  resps: response.optional(),
  input: z.unknown(),
});

type Line = z.infer<typeof lmmsEvalLine>;

/** What the last line of its prompts asks for in the tasks whose benchmarks are known here. */
const POST_PROMPT =
  /\n(Answer the question using a single word or phrase\.|Answer with the option's letter from the given choices directly\.)$/;

/** lmms-eval's tasks, by the benchmark's name here. */
const TASKS = { pope: /^pope/, gqa: /^gqa/, vqav2: /^vqav2/, cvbench: /^cv_?bench/, '2ds': /^2ds/ };

/** Reads a samples file, whose name ends in the task's. */
export function readLmmsEval(lines: readonly Line[], fileName: string): ForeignFile {
  const task = /samples_(.+)\.jsonl$/.exec(fileName)?.[1] ?? '';
  const ids = lines.map(questionId);
  // POPE's three splits in one file number their questions alike.
  const unique = new Set(ids).size === ids.length;
  const bench = Object.entries(TASKS).find(([, pattern]) => pattern.test(task))?.[0];
  return {
    source: 'lmms-eval',
    model: '',
    bench,
    imagesKnown: lines.every(line => typeof line.image === 'string'),
    predictions: lines.map((line, i) => {
      const id = unique ? ids[i]! : String(line.doc_id);
      const split = bench === 'pope' ? popeSplitOf(task) : undefined;
      return foreignPrediction({
        id: split ? `${split}:${id}` : id,
        question: typeof line.input === 'string' ? line.input.replace(POST_PROMPT, '').trim() : '',
        targets: [line.target],
        output: line.resps ?? line.filtered_resps,
        answer: line.filtered_resps,
        score: scoreOf(line),
        ...(split && { category: split }),
        ...(typeof line.image === 'string' && { image: line.image }),
      });
    }),
  };
}

/** The benchmark's own id, which some metrics carry; else the question's place in the data. */
function questionId(line: Line): string {
  for (const value of [line, ...Object.values(line)]) {
    const { data } = z.looseObject({ question_id: z.union([z.string(), z.int()]) }).safeParse(value);
    if (data) return String(data.question_id);
  }
  return String(line.doc_id);
}

/** The task's own score: its accuracy where it has several figures. */
function scoreOf(line: Line): number {
  const names = Object.keys(line).filter(name => !(name in lmmsEvalLine.shape));
  names.sort((a, b) => Number(/acc|exact_match/.test(b)) - Number(/acc|exact_match/.test(a)));
  const found = names.map(name => metric.safeParse(line[name])).find(({ success }) => success);
  return found?.data ?? Number.NaN;
}

/** lmms-eval's name of a benchmark's task. */
export const lmmsEvalTask = (bench: string, split: string): string =>
  ({ vqav2: 'vqav2_val', cvbench: 'cv_bench_2d', pope: popeTask(split) })[bench] ?? bench;

const popeTask = (split: string): string =>
  ({ adversarial: 'pope_adv', popular: 'pope_pop', random: 'pope_random' })[split] ?? 'pope';

/**
 * A prediction as such a line, the `place`-th of its file. `question_id` and `image` are ours: they make the file readable
 * back without loss of which question it was.
 * @param input the question with what follows it, as the model was asked
 */
export function toLmmsEval(prediction: Prediction, place: number, input: string, bench: string): object {
  const { id, image, targets, output, answer, score } = prediction;
  const target = targets[0] ?? '';
  const known = Number.isNaN(score) ? null : score;
  const pope = { question_id: id.split(':').at(-1), score: known, prediction: answer, ground_truth: target };
  return {
    doc_id: place,
    target,
    filtered_resps: output,
    doc_hash: createHash('sha256')
      .update(JSON.stringify([id, image, input, targets]))
      .digest('hex'),
    ...(bench === 'pope' ? { pope_accuracy: pope } : { exact_match: known }),
    input,
    question_id: bench === 'pope' ? pope.question_id : id,
    image,
  };
}

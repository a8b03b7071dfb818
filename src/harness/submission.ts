import { vqav2 } from '../benchmarks/vqav2.js';
import { UsageError } from '../errors.js';
import { conditionsOf } from '../records/prediction.js';
import { toDisk } from '../report/to-disk.js';
import { vqaSubmission } from '../scorers/vqa.js';
import type { OpenedPredictions } from './open-predictions.js';

/** Why a benchmark's scores are blank, and where to get them. */
export const hiddenNotice = (title: string, split: string): string =>
  `the answers of ${title} ${split} are not published, so its scores stay blank: the benchmark's server gives them (vlm-spatial score RUN --submission FILE writes what it takes); --split val is scored here`;

export interface SubmissionOptions {
  /** The file to write. */
  readonly submission: string;
  /** Whose answers; those of the run's first condition. */
  readonly condition?: string | undefined;
  /** VQAv2's files, for the questions of its test split that the run did not ask. */
  readonly data?: string | undefined;
}

/**
 * Writes the answers of a VQAv2 run as the EvalAI server takes them: a JSON array of `{question_id, answer}`, answers in
 * LLaVA's form. Questions of the test split that were not asked are submitted empty, as LLaVA does, where `data` tells them.
 * @returns what to tell of it
 */
export async function writeSubmission(
  { path, result }: OpenedPredictions,
  { submission: file, condition, data }: SubmissionOptions,
): Promise<string> {
  if (result.benchmark.name !== 'vqav2') {
    throw new UsageError(`--submission is VQAv2's; ${path} answers ${result.benchmark.title}`);
  }
  const conditions = conditionsOf(result.predictions);
  const chosen = condition ?? conditions[0]!;
  if (!conditions.includes(chosen)) {
    throw new UsageError(
      `--condition: ${path} has no answers under "${chosen}"; it has: ${conditions.join(', ')}`,
    );
  }
  const answered = result.predictions.filter(p => p.condition === chosen);
  const outputs = new Map(answered.map(p => [p.id, p.output]));
  const ids = data === undefined ? new Set(outputs.keys()) : await testQuestions(data);
  const strangers = [...outputs.keys()].filter(id => !ids.has(id)).length;
  if (strangers > 0) {
    throw new UsageError(
      `${strangers} of the questions that ${path} answers are not in VQAv2's test split at ${data}: name the files it was asked from with --data`,
    );
  }
  await toDisk(file, JSON.stringify(vqaSubmission(ids, outputs)));
  const rest =
    data === undefined
      ? "; the server wants every question of the test split: where the run did not ask them all, --data PATH of VQAv2's files adds the rest, unanswered"
      : `, ${ids.size - outputs.size} more unanswered`;
  return `${file}: ${outputs.size} answers under ${chosen} for EvalAI${rest}`;
}

async function testQuestions(data: string): Promise<Set<string>> {
  const dataset = await vqav2.open(data, { split: 'test', allImages: false });
  const ids = new Set<string>();
  for await (const { samples } of dataset.images()) for (const { id } of samples) ids.add(id);
  return ids;
}

import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';
import type { Prediction } from '../records/prediction.js';
import type { RunResult } from '../records/result.js';
import { codeOf } from '../runs/disk-error.js';
import { writeBeside } from '../runs/write-beside.js';
import { scorers } from '../scorers/index.js';

const FILE = 'verdicts.jsonl';

const lineSchema = z.strictObject({
  id: z.string(),
  image: z.string(),
  condition: z.string(),
  /** The language model's name. */
  judge: z.string(),
  /** Where it was asked. */
  url: z.string(),
  verdict: z.enum(['yes', 'no', 'unclear']),
  /** What it said, unchanged. */
  reply: z.string(),
  /** What the rule gave the same answer; null where that is not known. */
  rule: z.number().nullable(),
});

/** One line of `verdicts.jsonl`: what a language model said of one prediction. */
export type VerdictLine = z.infer<typeof lineSchema>;

/**
 * Writes a judge's verdicts beside the answers they are of, `<run>/verdicts.jsonl`, in place of its earlier ones; other judges'
 * are kept.
 * @param source a run's folder or a file of answers
 * @returns the file's path
 */
export async function writeVerdicts(source: string, lines: readonly VerdictLine[]): Promise<string> {
  const judges = new Set(lines.map(({ judge }) => judge));
  const others = (await readVerdicts(source)).filter(({ judge }) => !judges.has(judge));
  return writeBeside(source, [FILE], [...others, ...lines]);
}

/** The same answers with the scores that a judge gave them: 1 or 0 (also of an unclear reply, as the paper's graders take it), NaN where it gave none. Their `answer` stays the rule's. */
export function scoredBy(
  judge: string,
  verdicts: readonly VerdictLine[],
  predictions: readonly Prediction[],
): Prediction[] {
  const scores = new Map(
    verdicts
      .filter(line => line.judge === judge)
      .map(line => [placeOf(line), line.verdict === 'yes' ? 1 : 0] as const),
  );
  return predictions.map(p => ({ ...p, score: scores.get(placeOf(p)) ?? Number.NaN }));
}

/**
 * A stored run's result with the scores of its own judge, where that is a language model: its verdicts', and not known (NaN)
 * before there are any. Any other result is given back as it is.
 */
export async function withVerdicts(dir: string, result: RunResult): Promise<RunResult> {
  const { judge = 'rule' } = result.provenance;
  if (judge === 'rule' || Object.hasOwn(scorers, judge)) return result;
  return { ...result, predictions: scoredBy(judge, await readVerdicts(dir), result.predictions) };
}

/** Puts the verdicts of a run's shards into the run that they were merged to; nothing where no judge graded them. */
export async function mergeVerdicts(shards: readonly string[], dir: string): Promise<void> {
  const lines = (await Promise.all(shards.map(readVerdicts))).flat();
  if (lines.length > 0) await writeVerdicts(dir, lines);
}

const placeOf = ({ id, image, condition }: Pick<Prediction, 'id' | 'image' | 'condition'>): string =>
  JSON.stringify([condition, image, id]);

/** All verdicts on a run, none where no judge has graded it. UserError where the file is damaged. */
async function readVerdicts(source: string): Promise<VerdictLine[]> {
  const path = (await stat(source)).isDirectory() ? join(source, FILE) : `${source}.${FILE}`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return '';
    throw new UserError(`${path} cannot be read (${messageOf(error)})`);
  });
  return text
    .split('\n')
    .filter(line => line !== '')
    .map((line, i) => {
      try {
        return lineSchema.parse(JSON.parse(line));
      } catch {
        throw new UserError(
          `${path}:${i + 1} is damaged: remove the file and grade again (vlm-spatial score ${source} --judge URL)`,
        );
      }
    });
}

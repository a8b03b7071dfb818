import { join } from 'node:path';
import { messageOf, UserError } from '../errors.js';
import { printable } from '../printable.js';
import type { Prediction } from '../records/prediction.js';
import type { RunResult } from '../records/result.js';
import type { Work } from '../work.js';
import { openVerdictCache } from './cache.js';
import type { Judge, Verdict } from './judge.js';
import { scoredBy, type VerdictLine, writeVerdicts } from './verdicts.js';

/** Questions under way at once. */
const CONCURRENCY = 8;

export const JUDGE_CACHE = 'judge-cache.jsonl';

/** Where the verdicts on all runs in a results folder are remembered. */
export const judgeCache = (results: string): string => join(results, JUDGE_CACHE);

/** Asks the judge about an answer that is right, so that a wrong URL, key or model shows before a model is run. */
export async function checkJudge(judge: Judge, cachePath: string, work: Work): Promise<void> {
  const target = { question: 'What is one and one?', targets: ['two'] };
  const { progress, signal } = work;
  const cache = await openVerdictCache(cachePath);
  try {
    const key = judge.keyOf('two', target);
    if (cache.get(key)) return;
    progress.say(`trying the judge ${judge.model} at ${judge.url}`);
    await cache.add(key, judge.model, await judge.ask('two', target, signal));
  } finally {
    await cache.close();
  }
}

/**
 * Has a language model grade stored answers. Equal answers to equal questions are asked about once, and never again while
 * the cache has the verdict; when all are graded, the verdicts are written to `<source>/verdicts.jsonl`. Questions without
 * published answers are left out: their score stays unknown. UserError where the judge fails or `signal` aborts: what was
 * graded until then is in the cache.
 * @param source the run's folder, or a file of answers
 * @param predictions its answers, with the rule's scores
 * @param limit the longest that all of it may take; by the number of answers unless given
 * @returns the same with the judge's scores, and where the verdicts are
 */
export async function gradeByJudge(
  judge: Judge,
  source: string,
  cachePath: string,
  predictions: readonly Prediction[],
  work: Work,
  limit?: { readonly minutes: number },
): Promise<{ predictions: Prediction[]; file: string }> {
  const { progress, signal } = work;
  const keyOf = (p: Prediction) => judge.keyOf(p.output, p);
  const gradable = predictions.filter(p => p.targets.length > 0);
  const cache = await openVerdictCache(cachePath);
  const unclear = new Map<string, Verdict>();
  const missing = [...new Map(gradable.map(p => [keyOf(p), p]))].filter(([key]) => !cache.get(key));
  let done = 0;
  const minutes = Math.ceil(limit?.minutes ?? minutesFor(missing.length));
  const late = new AbortController();
  const timer = setTimeout(
    () =>
      late.abort(
        new UserError(`${judge.model} took longer than ${minutes} minutes for ${missing.length} answers`),
      ),
    Math.min((limit?.minutes ?? minutes) * 60_000, LONGEST_TIMER),
  );
  if (missing.length > 0) progress.start(`grading by ${judge.model}`, missing.length);
  try {
    await inParallel(missing, AbortSignal.any([signal, late.signal]), async ([key, p], stop) => {
      const verdict = await judge.ask(p.output, p, stop);
      if (verdict.verdict === 'unclear') unclear.set(key, verdict);
      await cache.add(key, judge.model, verdict);
      progress.update(++done);
    });
    const lines = gradable.map(p => lineOf(judge, p, cache.get(keyOf(p)) ?? unclear.get(keyOf(p))!));
    if (unclear.size > 0) progress.say(unclearNotice(judge, lines));
    const file = await writeVerdicts(source, lines);
    return { predictions: scoredBy(judge.model, lines, predictions), file };
  } catch (error) {
    if (!signal.aborted && !(error instanceof UserError)) throw error;
    const what = signal.aborted ? 'stopped' : messageOf(error);
    throw new UserError(
      `${what}; the answers are kept in ${source}, ${done} of ${missing.length} new verdicts in ${cache.path}, the same command goes on from there`,
    );
  } finally {
    clearTimeout(timer);
    if (missing.length > 0) progress.stop();
    await cache.close();
  }
}

/**
 * A run's result with the scores of who is to grade it: `language`'s, whose verdicts are stored beside the answers, or the
 * rule's, which it has, where there is none.
 * @param results the results folder
 */
export async function judgedResult(
  language: Judge | undefined,
  results: string,
  dir: string,
  result: RunResult,
  work: Work,
): Promise<RunResult> {
  if (!language) return result;
  const cache = judgeCache(results);
  const { predictions } = await gradeByJudge(language, dir, cache, result.predictions, work);
  return { ...result, predictions };
}

/** Ten minutes, and half a minute an answer, of which several are under way: far more than any judge needs. */
const minutesFor = (answers: number): number => 10 + (answers * 0.5) / CONCURRENCY;

/** Milliseconds; what Node's timers can count. */
const LONGEST_TIMER = 2 ** 31 - 1;

function unclearNotice({ model }: Judge, lines: readonly VerdictLine[]): string {
  const unclear = lines.filter(({ verdict }) => verdict === 'unclear');
  const [first] = unclear;
  return `${unclear.length} of ${lines.length} replies of ${model} have neither yes nor no, the first is "${printable(first?.reply ?? '')}": they count as no, as in the paper's graders, and are asked again next time`;
}

const lineOf = (
  { model, url }: Judge,
  { id, image, condition, score }: Prediction,
  { verdict, reply }: Verdict,
): VerdictLine => ({
  ...{ id, image, condition, judge: model, url, verdict, reply },
  rule: Number.isNaN(score) ? null : score,
});

/** Works on items side by side; the first failure stops the rest and is thrown. */
async function inParallel<T>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T, stop: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) {
      stop.throwIfAborted();
      await work(item, stop).catch((error: unknown) => failed.abort(error));
    }
  };
  await Promise.allSettled(Array.from({ length: CONCURRENCY }, worker));
  stop.throwIfAborted();
}

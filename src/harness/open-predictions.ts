import { stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { benchmarkNamed, benchmarks } from '../benchmarks/index.js';
import type { Benchmark } from '../benchmarks/types.js';
import { UsageError, UserError } from '../errors.js';
import { conditionRecord, original } from '../experiments/condition.js';
import { JUDGE_CACHE, judgeCache } from '../judge/run.js';
import { withVerdicts } from '../judge/verdicts.js';
import { conditionsOf } from '../records/prediction.js';
import type { RunResult } from '../records/result.js';
import { readForeign } from '../runs/foreign/read-foreign.js';
import { predictionRecords } from '../runs/records.js';
import { readRun } from '../runs/stored-run.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import { LMMS_EVAL, lmmsEval } from '../scorers/lmms-eval.js';
import type { Scorer } from '../scorers/types.js';
import { describeRun, resultOf } from './stored-result.js';

/** Answers to look at: a run of ours or a file of another program's. */
export interface OpenedPredictions {
  readonly path: string;
  readonly result: RunResult;
  readonly benchmark: Benchmark | undefined;
  /** Whose file it is; null for a run of ours. */
  readonly source: string | null;
  /** False where the file does not tell which questions share an image. */
  readonly imagesKnown: boolean;
  /** What follows every question; '' where that is not known. */
  readonly suffix: string;
  /** When they were finished, ISO 8601. */
  readonly date: string;
}

/**
 * Opens a run's folder or a file of answers (lmms-eval's samples, the authors' answer files).
 * @param bench the benchmark's name, for a file that does not tell it
 */
export async function openPredictions(path: string, bench?: string): Promise<OpenedPredictions> {
  const found = await stat(path).catch(() => {
    throw new UserError(
      `${path} is not there; name a run's folder (vlm-spatial list runs) or a file of answers`,
    );
  });
  return found.isFile() ? openForeign(path, found.mtime, bench) : openOurs(path);
}

async function openOurs(path: string): Promise<OpenedPredictions> {
  const run = await readRun(path, predictionRecords);
  const { parts } = describeRun(path, run.info);
  const result = await withVerdicts(path, await resultOf(run));
  if (result.predictions.length === 0)
    throw new UserError(`${path} holds no finished image yet: run it first`);
  return {
    ...{ path, result, source: null, imagesKnown: true },
    benchmark: Object.values(benchmarks).find(b => b.name === parts.benchmark),
    suffix: parts.suffix,
    date: run.info.finished?.at ?? run.info.sessions.at(-1)!.startedAt,
  };
}

async function openForeign(path: string, date: Date, bench?: string): Promise<OpenedPredictions> {
  const file = await readForeign(path);
  const name = bench ?? file.bench;
  const benchmark =
    bench === undefined ? Object.values(benchmarks).find(b => b.name === name) : benchmarkNamed(bench);
  const { source, imagesKnown, predictions } = file;
  // Whether a 2DS file is about the official images or generated ones, it does not say.
  const title = benchmark?.title.replace(' (generated)', '') ?? 'unknown benchmark';
  const result: RunResult = {
    suite: 'custom',
    model: file.model || basename(path),
    benchmark: { name: name ?? '', title, split: basename(path), chance: new Map() },
    seed: 0,
    variant: 'baseline',
    trainingSeed: 0,
    // What such files do not tell is taken to be as usual.
    conditions: conditionsOf(predictions).map(name => conditionRecord({ ...original, name })),
    provenance: { file: path },
    predictions,
  };
  return { path, result, benchmark, source, imagesKnown, suffix: '', date: date.toISOString() };
}

/** A scorer by its name, else the benchmark's own; of a benchmark of one's own, the one that it was run with. */
export function chooseScorer(
  { path, benchmark, result }: OpenedPredictions,
  name?: string,
): { name: string; scorer: Scorer; metrics?: Benchmark['metrics'] | undefined } {
  const known = [...Object.keys(scorers), LMMS_EVAL].join(', ');
  const { judge = '' } = result.provenance;
  const asked = name ?? (!benchmark && Object.hasOwn(scorers, judge) ? judge : undefined);
  if (asked === LMMS_EVAL) {
    const rules = lmmsEval[benchmark?.name ?? ''];
    if (rules) return { name: LMMS_EVAL, ...rules };
    throw new UsageError(
      `--scorer ${LMMS_EVAL} grades ${Object.keys(lmmsEval).join(', ')}, which lmms-eval grades otherwise than their own evaluation; ${path} answers ${benchmark?.name ?? 'an unknown benchmark'}: leave it out, or give --bench`,
    );
  }
  if (asked !== undefined) {
    if (!Object.hasOwn(scorers, asked))
      throw new UsageError(`scorer "${asked}" is not known; scorers are: ${known}`);
    return { name: asked, scorer: scorers[asked as ScorerName] };
  }
  if (!benchmark) {
    throw new UsageError(
      `${path} does not say which benchmark it answers; give --bench, or --scorer: ${known}`,
    );
  }
  const { scorer } = benchmark;
  if (scorer === scorers.vqa && result.predictions.some(p => p.targets.length === 1)) {
    throw new UsageError(
      `${path} has one answer a question, VQA accuracy needs those of all ten annotators; give --scorer exact`,
    );
  }
  const own = Object.entries(scorers).find(([, rule]) => rule === scorer)?.[0];
  return { name: own ?? benchmark.name, scorer };
}

/** Where the verdicts on opened answers are remembered: the results folder that a run is in, else beside them. */
export function judgeCacheNear({ path, result, source }: OpenedPredictions): string {
  if (source !== null) return `${path}.${JUDGE_CACHE}`;
  const run = resolve(path);
  const suite = dirname(dirname(run));
  return judgeCache(basename(suite) === result.suite ? dirname(suite) : run);
}

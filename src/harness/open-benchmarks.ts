import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { benchmarkNamed, benchmarks } from '../benchmarks/index.js';
import { ownBenchmark } from '../benchmarks/jsonl.js';
import type { Benchmark, Dataset } from '../benchmarks/types.js';
import { UsageError, UserError } from '../errors.js';
import { type ScorerName, scorers } from '../scorers/index.js';
import { drawing, type Progress } from '../work.js';
import { requireFetched } from './missing-model.js';
import type { Subject } from './settings.js';
import { hiddenNotice } from './submission.js';
import { dataFolder, type Suite } from './suite.js';

/**
 * Opens the data of every benchmark asked for; what can be generated is made on first use. `--scorer` asks for one's own, the
 * lines of JSON that `--data` names.
 */
export async function openBenchmarks(
  suite: Suite,
  {
    bench,
    data,
    scorer,
    split,
    images,
    datasets,
  }: Pick<Subject, 'bench' | 'data' | 'scorer' | 'split' | 'images' | 'datasets'>,
  progress: Progress,
  added: readonly Benchmark[] = [],
): Promise<{ benchmark: Benchmark; dataset: Dataset }[]> {
  const names = bench.flatMap(name => (name === 'all' ? suite.benches : [name]));
  const known = [...Object.values(benchmarks), ...added];
  const chosen = scorer === undefined ? names.map(name => benchmarkNamed(name, known)) : [own(scorer, data)];
  if (scorer === undefined && isJsonLines(data) && chosen.every(({ name }) => NOT_IN_LINES.has(name))) {
    throw new UsageError(
      `${data} is no file of ${chosen.map(({ title }) => title).join(', ')}: for a benchmark of your own add --scorer ${RULES.join('|')}, for another name it with --bench`,
    );
  }
  if (data !== undefined && chosen.length > 1) {
    throw new UsageError('--data names the files of one benchmark; give one --bench with it');
  }
  const opened = [];
  for (const benchmark of new Set(chosen)) {
    const path = data ?? (await locate(suite, benchmark, datasets, progress));
    const dataset = await benchmark.open(path, {
      allImages: false, // those that are asked about must be there: `selectImages` sees to it
      ...(split !== undefined && { split }),
      ...(images !== undefined && { images }),
    });
    if (dataset.leftOut !== undefined)
      progress.say(leftOutNotice(dataset.leftOut, dataset.title ?? benchmark.title));
    if (dataset.hiddenAnswers) progress.say(hiddenNotice(dataset.title ?? benchmark.title, dataset.split));
    opened.push({ benchmark, dataset });
  }
  return opened;
}

const leftOutNotice = (count: number, title: string): string =>
  `${count} ${count === 1 ? 'question' : 'questions'} of ${title} without answers ${count === 1 ? 'is' : 'are'} left out: there is nothing to grade by`;

const RULES = Object.keys(scorers);

/** Benchmarks that no one publishes as lines of JSON. */
const NOT_IN_LINES: ReadonlySet<string> = new Set(['2ds', 'gqa', 'vqav2']);

const isJsonLines = (path: string | undefined): path is string => /\.jsonl$/i.test(path ?? '');

function own(scorer: string, data: string | undefined): Benchmark {
  if (!Object.hasOwn(scorers, scorer)) {
    throw new UsageError(`scorer "${scorer}" is not known; scorers are: ${RULES.join(', ')}`);
  }
  if (!isJsonLines(data)) {
    throw new UsageError(
      `--scorer grades a benchmark of your own: name its lines of JSON with --data FILE.jsonl${data === undefined ? '' : `, not ${data}`}; for another rule on a known benchmark give --judge ${scorer}`,
    );
  }
  return ownBenchmark(data, scorer as ScorerName);
}

/** `<datasets>/<name>`, or `<datasets>/mini/<name>` for the mini suite; what is generated is made when it is missing. */
async function locate(
  suite: Suite,
  benchmark: Benchmark,
  datasets: string,
  progress: Progress,
): Promise<string> {
  const name = benchmark.data ?? benchmark.name;
  const path = dataFolder(suite, name, datasets);
  if (existsSync(path)) {
    await requireFetched(path);
    return path;
  }
  if (suite.data === 'mini') {
    const { makeMini } = await import('../world/mini/make.js');
    await drawing('drawing the mini world', progress, onProgress =>
      makeMini({ out: dirname(path), onProgress }),
    );
  } else if (name === '2ds') {
    const { make2ds } = await import('../world/2ds/make.js');
    await drawing('drawing 2DS', progress, onProgress => make2ds({ out: path, onProgress }));
  }
  if (existsSync(path)) return path;
  throw new UserError(
    `no data of ${benchmark.title} in ${path}: bring them with vlm-spatial fetch bench ${name}, place the files there, or name them with --data PATH`,
  );
}

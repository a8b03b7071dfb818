import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { benchmarks } from '../benchmarks/index.js';
import type { Benchmark, Dataset } from '../benchmarks/types.js';
import { UsageError, UserError } from '../errors.js';
import type { CommonOptions } from '../experiments/options.js';
import { drawing, type Progress } from './progress.js';
import type { Suite } from './suite.js';

/** Opens the data of every benchmark asked for; what can be generated is made on first use. */
export async function openBenchmarks(
  suite: Suite,
  { bench, data, split, datasets }: CommonOptions,
  progress: Progress,
  added: readonly Benchmark[] = [],
): Promise<{ benchmark: Benchmark; dataset: Dataset }[]> {
  const names = bench.flatMap(name => (name === 'all' ? suite.benches : [name]));
  const chosen = names.map(name => find(name, [...Object.values(benchmarks), ...added]));
  if (data !== undefined && chosen.length > 1) {
    throw new UsageError('--data names the files of one benchmark; give one --bench with it');
  }
  const opened = [];
  for (const benchmark of new Set(chosen)) {
    const path = data ?? (await locate(suite, benchmark, datasets, progress));
    opened.push({ benchmark, dataset: await benchmark.open(path, split === undefined ? {} : { split }) });
  }
  return opened;
}

function find(name: string, known: readonly Benchmark[]): Benchmark {
  const benchmark = known.find(b => b.name === name);
  if (!benchmark) {
    const names = known.map(b => b.name);
    throw new UsageError(`benchmark "${name}" is not known; benchmarks are: ${names.join(', ')}, all`);
  }
  return benchmark;
}

/** `<datasets>/<name>`, or `<datasets>/mini/<name>` for the mini suite; what is generated is made when it is missing. */
async function locate(
  suite: Suite,
  benchmark: Benchmark,
  datasets: string,
  progress: Progress,
): Promise<string> {
  const folder = suite.data === undefined ? datasets : join(datasets, suite.data);
  const path = join(folder, benchmark.name);
  if (existsSync(path)) return path;
  if (suite.data === 'mini') {
    const { makeMini } = await import('../benchmarks/mini/make.js');
    await drawing('drawing the mini world', progress, onProgress => makeMini({ out: folder, onProgress }));
  } else if (benchmark.name === '2ds') {
    const { make2ds } = await import('../benchmarks/2ds/make.js');
    await drawing('drawing 2DS', progress, onProgress => make2ds({ out: path, onProgress }));
  }
  if (existsSync(path)) return path;
  throw new UserError(
    `no data of ${benchmark.title} in ${path}: place its files there, or name them with --data PATH`,
  );
}

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { benchmarks } from '../benchmarks/index.js';
import type { Benchmark, Dataset } from '../benchmarks/types.js';
import { UsageError, UserError } from '../errors.js';
import type { CommonOptions } from '../experiments/options.js';
import type { Progress } from './progress.js';
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
    const path = data ?? (await locate(benchmark, datasets, progress));
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

/** `<datasets>/<name>`; 2DS is generated there when it is missing. */
async function locate(benchmark: Benchmark, datasets: string, progress: Progress): Promise<string> {
  const path = join(datasets, benchmark.name);
  if (existsSync(path)) return path;
  if (benchmark.name !== '2ds') {
    throw new UserError(
      `no data of ${benchmark.title} in ${path}: place its files there, or name them with --data PATH`,
    );
  }
  const { make2ds } = await import('../benchmarks/2ds/make.js');
  progress.start('drawing 2DS', 500);
  await make2ds({ out: path, onProgress: drawn => progress.update(drawn) });
  progress.stop();
  return path;
}

import { UsageError } from '../errors.js';
import { didYouMean } from '../nearest.js';
import { twoDs } from './2ds/index.js';
import { coco } from './coco.js';
import { cvbench } from './cvbench.js';
import { gqa } from './gqa.js';
import { pope } from './pope.js';
import type { Benchmark } from './types.js';
import { vqav2 } from './vqav2.js';

/** The benchmarks, as `--bench` names them, in the order of the paper's tables. */
export const benchmarks = { vqav2, pope, gqa, cvbench, '2ds': twoDs, coco } as const satisfies Record<
  string,
  Benchmark
>;

/** The benchmark of that name among `known`; UsageError where there is none. */
export function benchmarkNamed(
  name: string,
  known: readonly Benchmark[] = Object.values(benchmarks),
): Benchmark {
  const found = known.find(benchmark => benchmark.name === name);
  if (found) return found;
  const names = known.map(benchmark => benchmark.name);
  throw new UsageError(
    `benchmark "${name}" is not known${didYouMean(name, names)}; benchmarks are: ${names.join(', ')}`,
  );
}

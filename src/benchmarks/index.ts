import { UsageError } from '../errors.js';
import { didYouMean } from '../nearest.js';
import { twoDs } from './2ds/index.js';
import { twoDsPairs } from './2ds/pairs.js';
import { blink } from './blink.js';
import { coco } from './coco.js';
import { cvbench, cvbench3d } from './cvbench.js';
import { embspatial } from './embspatial.js';
import { gqa } from './gqa.js';
import { mmvp } from './mmvp.js';
import { pope } from './pope.js';
import type { Benchmark } from './types.js';
import { vqav2 } from './vqav2.js';
import { vsr } from './vsr.js';
import { whatsup } from './whatsup.js';

/** The benchmarks, as `--bench` names them: those of the paper in the order of its tables, then others of place. */
export const benchmarks = {
  vqav2,
  pope,
  gqa,
  cvbench,
  '2ds': twoDs,
  coco,
  '2ds-pairs': twoDsPairs,
  'cvbench-3d': cvbench3d,
  mmvp,
  whatsup,
  vsr,
  blink,
  embspatial,
} as const satisfies Record<string, Benchmark>;

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

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

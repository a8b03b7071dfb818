import type { Scene } from '../scene/scene.js';
import { cocoSet } from './coco-set.js';
import { cvbenchSet } from './cvbench-set.js';
import { gqaSet } from './gqa-set.js';
import type { MiniOptions } from './options.js';
import { popeSet } from './pope-set.js';
import type { TestSet } from './test-set.js';
import { vqav2Set } from './vqav2-set.js';

/**
 * The benchmarks of the mini world by folder, each made from the options and from training scenes that show what is
 * usual in the world; 2DS has its own generator.
 */
export const TEST_SETS = {
  vqav2: vqav2Set,
  pope: popeSet,
  gqa: gqaSet,
  cvbench: cvbenchSet,
  coco: cocoSet,
} as const satisfies Record<string, (options: MiniOptions, world: readonly Scene[]) => TestSet>;

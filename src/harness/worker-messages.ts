import type { Progress } from '../work.js';
import type { CommonOptions } from './options.js';

/** What a worker is asked to do: its share of an experiment. */
export interface Task {
  readonly experiment: string;
  /** Files of the plug-ins that experiment and benchmarks are from. */
  readonly plugins: readonly string[];
  readonly options: Readonly<CommonOptions>;
  /** Where its share is kept, and whether it goes on with what is there. */
  readonly share: { readonly root: string; readonly resume: boolean };
}

/** Parent to worker; anything but a task stops the one in progress. */
export type ToWorker = { readonly task: Task } | { readonly stop: true };

/** What a worker tells of its progress: a method and what it is given. */
export type Told = {
  [K in 'part' | 'within' | 'start' | 'update' | 'stop' | 'say']: readonly [
    K,
    ...Parameters<Required<Progress>[K]>,
  ];
}['part' | 'within' | 'start' | 'update' | 'stop' | 'say'];

/** How a task ended. */
export type Reply =
  | { readonly done: { readonly runs: readonly string[] } }
  | { readonly failed: { readonly message: string; readonly kind: 'usage' | 'user' | 'defect' } };

/** Worker to parent. */
export type FromWorker = { readonly told: Told } | Reply;

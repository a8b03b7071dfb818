import { UsageError } from '../errors.js';

/** One part of a run's images: image k belongs to shard 1 + k mod count. */
export interface Shard {
  /** 1 … count. */
  readonly index: number;
  readonly count: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const NUMBER = /^\d+$/;

/**
 * The part to do; null for all of it.
 *
 * `--shard i/n` counts from 1. `--shard auto/n` takes i from the environment, and without `--shard` both i and n come from
 * there: a Slurm job array, GitLab's `parallel`, or a Kubernetes indexed Job, which tells a pod its index but not how many
 * there are, so that it needs `auto/n`. UsageError on what makes no sense, also from the environment: n jobs that
 * each did everything would be worse.
 */
export function shardOf(given: string | undefined, env: Environment): Shard | null {
  const there = fromEnvironment(env);
  if (given === undefined) {
    if (there && there.count === undefined) {
      throw new UsageError(
        `${there.source} says which shard this is but not of how many; give --shard auto/N, or --shard 1/1 for all images`,
      );
    }
    return there ? checked(there.index, there.count!, there.source) : null;
  }
  const [, index, count] = /^(\d+|auto)\/(\d+)$/.exec(given) ?? [];
  if (index === undefined) {
    throw new UsageError(`--shard "${given}" is not understood; give I/N, say 2/8, or auto/N`);
  }
  if (index !== 'auto') return checked(Number(index), Number(count), '--shard');
  if (!there) {
    throw new UsageError(
      '--shard auto/N finds no index: SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX or CI_NODE_INDEX has it in a job array; give --shard I/N',
    );
  }
  if (there.count !== undefined && there.count !== Number(count)) {
    throw new UsageError(
      `--shard ${given} differs from the ${there.count} shards that ${there.source} tells of`,
    );
  }
  return checked(there.index, Number(count), there.source);
}

interface Found {
  readonly source: string;
  readonly index: number;
  readonly count: number | undefined;
}

/** https://slurm.schedmd.com/job_array.html, https://docs.gitlab.com/ci/variables/predefined_variables/, Kubernetes' "Indexed Job". */
function fromEnvironment(env: Environment): Found | undefined {
  const read = (name: string): number | undefined => {
    const text = env[name];
    if (text === undefined || text === '') return undefined;
    if (!NUMBER.test(text))
      throw new UsageError(`the environment's ${name} is "${text}", not a number; unset it`);
    return Number(text);
  };
  const task = read('SLURM_ARRAY_TASK_ID');
  if (task !== undefined) {
    const [first, step] = [read('SLURM_ARRAY_TASK_MIN') ?? 0, read('SLURM_ARRAY_TASK_STEP') ?? 1];
    const count = read('SLURM_ARRAY_TASK_COUNT');
    return { source: 'SLURM_ARRAY_TASK_ID', index: 1 + (task - first) / step, count };
  }
  const pod = read('JOB_COMPLETION_INDEX');
  if (pod !== undefined) return { source: 'JOB_COMPLETION_INDEX', index: 1 + pod, count: undefined };
  const node = read('CI_NODE_INDEX');
  if (node !== undefined) return { source: 'CI_NODE_INDEX', index: node, count: read('CI_NODE_TOTAL') };
  return undefined;
}

function checked(index: number, count: number, source: string): Shard | null {
  if (!Number.isInteger(index) || index < 1 || index > count) {
    throw new UsageError(
      `${source} means shard ${index} of ${count}; shards are 1 to ${count}, give --shard I/N`,
    );
  }
  return count === 1 ? null : { index, count };
}

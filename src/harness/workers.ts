import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Benchmark } from '../benchmarks/types.js';
import { UsageError, UserError } from '../errors.js';
import { experiments } from '../experiments/index.js';
import type { Experiment } from '../experiments/types.js';
import { mergeVerdicts } from '../judge/verdicts.js';
import { packageRoot } from '../package-root.js';
import { mergeRuns } from '../runs/merge-runs.js';
import type { Work } from '../work.js';
import type { CommonOptions } from './options.js';
import { originOf } from './plugins.js';
import { sharedProgress } from './shared-progress.js';
import type { FromWorker, Reply, Task, ToWorker } from './worker-messages.js';
import type { WorkerPlace } from './worker-places.js';

/** Where shares lie in the results folder until they are joined; no list of runs looks there. */
const SHARES = '.workers';

/** How often in a row a worker may die without having done anything. */
const DEATHS = 2;

/** Processes that share the images of experiments, one experiment after the other. */
export interface Workers {
  /**
   * Does an experiment, a worker a place, and gives the folders of its runs, one a model and benchmark. UserError as `runExperiment`'s,
   * of several workers' the first, once all have ended.
   */
  run(
    places: readonly WorkerPlace[],
    experiment: Experiment,
    options: Readonly<CommonOptions>,
    given: { readonly work: Work; readonly benchmarks: readonly Benchmark[] },
  ): Promise<readonly string[]>;
  /** Lets the processes end. */
  close(): void;
}

/**
 * Workers: processes that are started when they are first needed. Each does every n-th image as a shard of its own, kept in
 * `<results>/.workers`; when all are done the shards are merged into the run that one process would have left, and go. A worker
 * that dies is replaced, and its shard gone on with.
 *
 * @param program of a worker; tests give their own
 */
export function createWorkers(program: string = join(packageRoot, 'bundle', 'worker.js')): Workers {
  const children: (ChildProcess | undefined)[] = [];

  function start({ gpu }: WorkerPlace): ChildProcess {
    return fork(program, process.argv.includes('--debug') ? ['--debug'] : [], {
      env: { ...process.env, ...(gpu !== undefined && { CUDA_VISIBLE_DEVICES: gpu }) },
      // A library's messages would come once a worker, across the progress display.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  /** A task's reply; of a worker that died in it, the reply of the one that went on. */
  async function replyOf(
    worker: number,
    places: readonly WorkerPlace[],
    task: Task,
    tell: ReturnType<typeof sharedProgress>,
    { progress, signal }: Work,
  ): Promise<Reply> {
    let share = task.share;
    for (let deaths = 0; ; ) {
      const child = children[worker] ?? start(places[worker]!);
      children[worker] = child;
      let worked = false;
      const ended = await outcomeOf(child, { task: { ...task, share } }, message => {
        if (message.told[0] === 'update') worked = true;
        tell(worker, message.told);
      });
      if (typeof ended !== 'string') return ended;
      children[worker] = undefined;
      if (signal.aborted) throw stopped(task);
      deaths = worked ? 1 : deaths + 1;
      if (deaths > DEATHS) {
        throw new UserError(
          `worker ${worker + 1} of ${places.length} died ${deaths} times without an image done (${ended}); what is done is kept: run again with fewer --workers, each needs memory for the model`,
        );
      }
      progress.say(
        `worker ${worker + 1} of ${places.length} died (${ended}): another goes on with its share`,
      );
      share = { ...share, resume: true };
    }
  }

  return {
    async run(places, experiment, options, { work, benchmarks: added }) {
      const { progress, signal } = work;
      const alone = experiment.kind === 'measures' && experiment.undivided;
      const count = alone ? 1 : places.length;
      const tell = sharedProgress(progress, count);
      const plugins = pluginsOf(experiment, added);
      const { results, resume } = options;
      const share = { root: join(results, SHARES), resume };
      const taskOf = (worker: number): Task => ({
        ...{ experiment: experiment.name, plugins, share },
        options: {
          ...options,
          workers: '1',
          threads: alone ? options.threads : places[worker]!.threads,
          shard: `${worker + 1}/${count}`,
        },
      });
      const stopAll = () => {
        for (const child of children) if (child?.connected) child.send({ stop: true } satisfies ToWorker);
      };
      signal.addEventListener('abort', stopAll);
      try {
        const tasks = Array.from({ length: count }, (_, worker) => taskOf(worker));
        let failed: unknown;
        const replies = await Promise.all(
          tasks.map(async (task, worker) => {
            try {
              return doneOf(await replyOf(worker, places, task, tell, work));
            } catch (error) {
              failed ??= error;
              stopAll();
              return undefined;
            }
          }),
        );
        if (signal.aborted) throw stopped(tasks[0]!);
        if (failed !== undefined) {
          // Workers that were told to stop take no more tasks.
          close();
          throw failed;
        }
        const [first, ...others] = replies.map(reply => reply!);
        const runs: string[] = [];
        for (const [i, dir] of first!.entries()) {
          runs.push(await joined([dir, ...others.map(theirs => theirs[i]!)], results, resume));
        }
        return runs;
      } finally {
        signal.removeEventListener('abort', stopAll);
      }
    },
    close,
  };

  function close(): void {
    for (const [worker, child] of children.entries()) {
      if (child?.connected) child.disconnect();
      children[worker] = undefined;
    }
  }
}

const stopped = ({ options }: Task): UserError =>
  new UserError(
    `stopped; what was done is kept in ${join(options.results, SHARES)}, the same command goes on from there`,
  );

/** Sends a task and waits for its end; of a process that ends before, how. */
async function outcomeOf(
  child: ChildProcess,
  message: ToWorker,
  onTold: (message: Extract<FromWorker, { told: unknown }>) => void,
): Promise<Reply | string> {
  const ended = new AbortController();
  const { signal } = ended;
  const listen = (given: unknown) => {
    const message = given as FromWorker;
    if ('told' in message) onTold(message);
    else child.emit('reply', message);
  };
  child.on('message', listen);
  try {
    const reply = once(child, 'reply', { signal });
    const exit = once(child, 'exit', { signal });
    child.send(message, () => {});
    return await Promise.race([
      reply.then(([reply]) => reply as Reply),
      exit.then(([code, by]) => String(by ?? `exit code ${code}`)),
    ]);
  } finally {
    child.off('message', listen);
    ended.abort();
  }
}

function doneOf(reply: Reply) {
  if ('done' in reply) return reply.done.runs;
  const { message, kind } = reply.failed;
  if (kind === 'usage') throw new UsageError(message);
  throw kind === 'user' ? new UserError(message) : new Error(message);
}

/** The run that shares are the shards of; they go once it is whole. */
async function joined(shares: readonly string[], results: string, resume: boolean): Promise<string> {
  // The whole run was finished before: every worker found it.
  if (new Set(shares).size === 1) return shares[0]!;
  const dir = await mergeRuns(shares, results, () => {}, resume);
  await mergeVerdicts(shares, dir);
  for (const share of shares) await rm(share, { recursive: true });
  // Folders that are empty now: the experiment's, the suite's, and the shares' own.
  let above = dirname(shares[0]!);
  for (let level = 0; level < 3; level++, above = dirname(above)) await rmdir(above).catch(() => {});
  return dir;
}

/** Files that a worker loads an experiment and benchmarks from. UsageError where one is from no file. */
function pluginsOf(experiment: Experiment, added: readonly Benchmark[]): string[] {
  const own: readonly object[] = Object.values(experiments);
  const foreign = [...(own.includes(experiment) ? [] : [experiment]), ...added];
  const files = foreign.map(part => {
    const origin = originOf(part);
    if (origin) return origin.file;
    throw new UsageError(
      `workers load "${part.name}" from a file; give it as a plug-in (loadPlugin, --plugin FILE), or leave out workers`,
    );
  });
  return [...new Set(files)];
}

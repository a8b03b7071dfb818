/**
 * A worker's program, which `createWorkers` starts: it does tasks, one after the other, for as long as its parent lives. Its engine
 * and models are its own; what it answered in one experiment of a call it does not ask again in the next.
 */
import { messageOf, UsageError, UserError } from '../errors.js';
import { experiments } from '../experiments/index.js';
import type { Experiment } from '../experiments/types.js';
import type { Progress } from '../work.js';
import { createAnswered } from './answered.js';
import { loadPlugin, type Plugins } from './plugins.js';
import { runExperiment } from './run-experiment.js';
import type { FromWorker, Reply, Task, Told, ToWorker } from './worker-messages.js';

const answered = createAnswered();
const loaded = new Map<string, Plugins>();
const stop = new AbortController();

// The terminal sends Ctrl-C to all: the parent hears it and stops its workers. Without a parent nobody wants the work.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stop.abort());
process.on('disconnect', () => stop.abort());
process.on('message', async (message: ToWorker) => {
  if ('task' in message) tell(await reply(message.task));
  else stop.abort();
});

function tell(message: FromWorker): void {
  if (process.connected) process.send!(message, () => {});
}

const telling = (...told: Told): void => tell({ told });
const progress: Progress = {
  part: () => {},
  within: (index, count) => telling('within', index, count),
  start: (label, total) => telling('start', label, total),
  update: (done, before) => telling('update', done, before),
  stop: () => telling('stop'),
  say: text => telling('say', text),
};

async function reply(task: Task): Promise<Reply> {
  try {
    const { runs } = await work(task);
    return { done: { runs } };
  } catch (error) {
    const known = error instanceof UserError ? 'user' : 'defect';
    const kind = error instanceof UsageError ? 'usage' : known;
    const debug = kind === 'defect' && process.argv.includes('--debug') && error instanceof Error;
    return { failed: { message: (debug && error.stack) || messageOf(error), kind } };
  }
}

async function work({ experiment: name, plugins, options, share }: Task) {
  for (const file of plugins) if (!loaded.has(file)) loaded.set(file, await loadPlugin(file));
  const added = [...loaded.values()];
  const known = [...Object.values<Experiment>(experiments), ...added.flatMap(p => p.experiments)];
  const experiment = known.find(one => one.name === name)!;
  return runExperiment(experiment, options, {
    answered,
    work: { progress, signal: stop.signal },
    benchmarks: added.flatMap(p => p.benchmarks),
    share,
  });
}

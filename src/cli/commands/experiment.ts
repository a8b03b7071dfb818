import { Command } from 'commander';
import { z } from 'zod';
import { type CommonOptions, commonOptions } from '../../experiments/options.js';
import type { Condition, Experiment } from '../../experiments/types.js';
import { addCallOptions, type CallOptions, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';
import type { Outcome, runExperiment } from '../run-experiment.js';
import type { Report } from '../write-tables.js';

/** How an experiment is run; tests put their own in its place. */
export type Runner = typeof runExperiment;

/** Loads what runs experiments only when one is run, so that help is quick. */
export const runForReal: Runner = async (...args) =>
  (await import('../run-experiment.js')).runExperiment(...args);

/** The command of an experiment: its flags are the common settings and its own. */
export function experimentCommand(experiment: Experiment, run: Runner = runForReal): Command {
  const schema = z.strictObject({ ...commonOptions.shape, ...experiment.options.shape });
  const command = new Command(experiment.name).description(`${experiment.summary} (${experiment.paper})`);
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, schema, await readConfigFile(call)) as CommonOptions;
    await runAndReport([{ experiment, options }], call, run);
  });
}

/** Runs experiments one after the other, writes their tables and shows them. */
export async function runAndReport(
  jobs: readonly { experiment: Experiment; options: CommonOptions }[],
  call: CallOptions,
  run: Runner,
): Promise<void> {
  const { showReports, writeTables } = await import('../write-tables.js');
  const reports = await withProgress(call, async (progress, signal) => {
    const done: Report[] = [];
    const answered: { asked: ReadonlySet<string>; outcome: Outcome }[] = [];
    for (const { experiment, options } of jobs) {
      const asks = experiment.conditions(options).map(signature);
      // What an earlier experiment of this call has asked already is not asked again.
      const earlier = answered.find(({ asked }) => asks.every(one => asked.has(one)));
      const outcome = earlier?.outcome ?? (await run(experiment, options, progress, signal));
      if (!earlier) answered.push({ asked: new Set(asks), outcome });
      // A shard's numbers are a part's: its tables come when all shards are merged.
      if (outcome.shard) done.push({ ...outcome, experiment: experiment.name, tables: [], files: [] });
      else done.push(await writeTables(experiment, options, outcome, options.results));
    }
    return done;
  });
  showReports(reports, call);
}

/** What a condition asks: equal signatures give equal predictions under equal settings. */
const signature = ({ name, image, interventions }: Condition): string =>
  JSON.stringify([name, image, interventions.map(intervention => intervention.name)]);

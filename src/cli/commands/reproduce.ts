import { Command } from 'commander';
import { experiments } from '../../experiments/index.js';
import { commonOptions } from '../../experiments/options.js';
import { addCallOptions, type CallOptions, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';
import { type Runner, runAndReport, runForReal } from './experiment.js';

/** `reproduce`: every experiment of the paper with its own defaults, on the suite's model and benchmarks. */
export function reproduceCommand(run: Runner = runForReal): Command {
  // Every benchmark of the suite, where a single experiment asks for 2DS alone.
  const schema = commonOptions.extend({ bench: commonOptions.shape.bench.unwrap().default(['all']) });
  const command = new Command('reproduce').description('run every experiment and write its tables');
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const options = resolveOptions(command, schema, await readConfigFile(call));
    // Each experiment's own settings are its defaults.
    const jobs = experiments.map(experiment => ({
      experiment,
      options: { ...experiment.options.parse({}), ...options },
    }));
    await runAndReport(jobs, call, run);
  });
}

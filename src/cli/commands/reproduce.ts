import { Command } from 'commander';
import { benchmarks } from '../../benchmarks/index.js';
import type { Benchmark } from '../../benchmarks/types.js';
import { experiments } from '../../experiments/index.js';
import type { Experiment } from '../../experiments/types.js';
import { type CommonOptions, commonOptions } from '../../harness/options.js';
import { withCoco } from '../../harness/settings.js';
import { addCallOptions, type CallOptions, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';
import { type Runner, runAndReport, runForReal } from './experiment.js';

/** `reproduce`: every experiment of the paper with its own defaults, on the suite's models and benchmarks, and a report. */
export function reproduceCommand(run: Runner = runForReal): Command {
  // Every benchmark of the suite, where a single experiment asks for 2DS alone.
  const schema = commonOptions.extend({ bench: commonOptions.shape.bench.unwrap().default(['all']) });
  const command = new Command('reproduce').description(
    'run every experiment and write tables, figures and report.html; with --bench those experiments that use the benchmark',
  );
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const given = resolveOptions(command, schema, await readConfigFile(call));
    const options = { ...given, ...withCoco(given), coco: undefined };
    const jobs = Object.values<Experiment>(experiments).flatMap(
      experiment => jobOf(experiment, options) ?? [],
    );
    await runAndReport(jobs, call, run, true);
  });
}

/**
 * An experiment with its own settings at their defaults, on its own benchmarks, or on all that are graded; undefined where
 * none of these is asked for.
 */
function jobOf(experiment: Experiment, options: CommonOptions) {
  const wanted = (name: string) => options.bench.includes('all') || options.bench.includes(name);
  const bench = experiment.bench?.filter(wanted) ?? options.bench.filter(isGraded);
  if (bench.length === 0) return undefined;
  return { experiment, options: { ...experiment.options.parse({}), ...options, bench: [...bench] } };
}

const isGraded = (name: string): boolean =>
  Object.values<Benchmark>(benchmarks).find(benchmark => benchmark.name === name)?.graded !== false;

import { join } from 'node:path';
import { Command } from 'commander';
import { z } from 'zod';
import { type CommonOptions, commonOptions } from '../../experiments/options.js';
import type { Experiment } from '../../experiments/types.js';
import type { Table } from '../../metrics/table.js';
import { addCallOptions, type CallOptions, print, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';
import type { Outcome, runExperiment } from '../run-experiment.js';

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
  const { writeTable } = await import('../../report/tables.js');
  const { renderTextTable } = await import('../../report/text-table.js');
  const done = await withProgress(call, async (progress, signal) => {
    const reports: Report[] = [];
    for (const { experiment, options } of jobs) {
      const outcome = await run(experiment, options, progress, signal);
      const tables = experiment.tables(outcome.results, experiment.options.parse(own(experiment, options)));
      const folder = join(options.results, outcome.suite, 'tables');
      const files = [];
      for (const table of tables) files.push(await writeTable(folder, table));
      reports.push({ experiment: experiment.name, outcome, tables, files });
    }
    return reports;
  });
  if (call.json) print(JSON.stringify(done.map(summary)));
  else if (!call.quiet) for (const report of done) show(report, renderTextTable);
}

interface Report {
  readonly experiment: string;
  readonly outcome: Outcome;
  readonly tables: readonly Table[];
  readonly files: readonly string[];
}

/** The experiment's own settings out of all. */
const own = (experiment: Experiment, options: CommonOptions): Record<string, unknown> =>
  Object.fromEntries(Object.entries(options).filter(([key]) => key in experiment.options.shape));

const summary = ({ experiment, outcome, tables, files }: Report) => ({
  experiment,
  suite: outcome.suite,
  runs: outcome.runs,
  files,
  tables: Object.fromEntries(tables.map(t => [t.name, t.rows])),
});

/** Narrow tables on the terminal; the long forms are for reading elsewhere. */
function show({ outcome, tables, files }: Report, render: (table: Table) => string): void {
  for (const table of tables.filter(t => t.columns.length <= 10)) print(`\n${render(table)}`);
  print(`\npredictions: ${outcome.runs.join(', ')}\ntables: ${files.join(', ')}`);
}

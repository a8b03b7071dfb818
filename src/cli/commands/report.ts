import { Command } from 'commander';
import { z } from 'zod';
import { benchmarks } from '../../benchmarks/index.js';
import { UserError } from '../../errors.js';
import { experiments } from '../../experiments/index.js';
import { commonOptions } from '../../harness/options.js';
import { noPlugins, type Plugins } from '../../harness/plugins.js';
import type { Report } from '../../harness/write-report.js';
import type { RunResult } from '../../records/result.js';
import { addCallOptions, type CallOptions, print, readConfigFile } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';
import { createProgress } from '../progress.js';

const schema = z.strictObject({
  suite: z.string().optional().meta({ description: 'only this suite (default: all)', placeholder: 'NAME' }),
  bench: z.string().optional().meta({
    description: 'benchmark that FILES answer, where the files do not say',
    placeholder: 'NAME',
  }),
  results: commonOptions.shape.results,
});

/** `report`: the tables of the runs at hand, without a model. */
export function reportCommand(plugins: Plugins = noPlugins): Command {
  const command = new Command('report')
    .description('rebuild tables, figures and report.html from the runs at hand, without a model')
    .argument(
      '[FILES...]',
      "other programs' answers (lmms-eval's samples, the authors'), for a table beside ours",
    );
  addCallOptions(addSchemaOptions(command, schema));
  return command.action(async (files: readonly string[]) => {
    const call = command.opts<CallOptions>();
    await rebuild(resolveOptions(command, schema, await readConfigFile(call)), files, call, plugins);
  });
}

async function rebuild(
  { suite, bench, results: root }: Readonly<z.output<typeof schema>>,
  files: readonly string[],
  call: CallOptions,
  plugins: Plugins,
): Promise<void> {
  const { runsAtHand } = await import('../../harness/runs-at-hand.js');
  const { readResults } = await import('../../harness/stored-result.js');
  const { openPredictions } = await import('../../harness/open-predictions.js');
  const { writeBeside, writeReport } = await import('../../harness/write-report.js');
  const { showReports } = await import('../show-reports.js');
  const known = [...Object.values(benchmarks), ...plugins.benchmarks];
  const atHand = await runsAtHand(root, [...Object.values(experiments), ...plugins.experiments], suite);
  if (atHand.length === 0) {
    const where = suite === undefined ? root : `${root}/${suite}`;
    throw new UserError(
      `${where} holds no finished run to report: run an experiment, or name its folder with --results`,
    );
  }
  const others = [];
  for (const file of files) others.push((await openPredictions(file, bench)).result);
  const reports: Report[] = [];
  const asked: RunResult[] = [];
  const progress = createProgress(call.quiet === true || call.json === true);
  for (const { suite, experiment, settings, runs, leftOut } of atHand) {
    const dirs = runs.map(({ dir }) => dir);
    const ran = await readResults(experiment, dirs, known);
    if (ran.kind === 'asks' && others.length > 0) asked.push(...ran.results);
    reports.push(await writeReport({ ran, suite, runs: dirs, options: settings }, root, progress));
    if (!call.quiet && !call.json) for (const { dir, why } of leftOut) print(`left out: ${dir}: ${why}`);
  }
  for (const suite of new Set(asked.map(result => result.suite))) {
    const ours = asked.filter(result => result.suite === suite);
    reports.push(await writeBeside(suite, ours, others, root));
  }
  const { writeReportPages } = await import('../../harness/write-report-page.js');
  const pages = await writeReportPages(reports, root);
  showReports(reports, call);
  if (!call.quiet && !call.json) for (const page of pages) print(`report: ${page}`);
}

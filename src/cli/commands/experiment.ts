import { Command } from 'commander';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { Experiment } from '../../experiments/types.js';
import { createAnswered } from '../../harness/answered.js';
import { type CommonOptions, commonOptions } from '../../harness/options.js';
import type { Outcome, RunContext } from '../../harness/run-experiment.js';
import type { Report } from '../../harness/write-report.js';
import { timed } from '../../timings.js';
import { addCallOptions, type CallOptions, readConfigFile, withProgress } from '../call.js';
import { addSchemaOptions, resolveOptions } from '../options.js';

/** How an experiment is run; tests put their own in its place. */
export type Runner = (
  experiment: Experiment,
  options: Readonly<CommonOptions>,
  context: RunContext,
) => Promise<Outcome>;

/** Loads what runs experiments only when one is run, so that help is quick. */
export const runForReal: Runner = async (...args) =>
  (await import('../../harness/run-experiment.js')).runExperiment(...args);

/** The command of an experiment: its flags are the common settings and its own. */
export function experimentCommand(experiment: Experiment, run: Runner = runForReal): Command {
  const bench = commonOptions.shape.bench.unwrap().default([...(experiment.bench ?? ['2ds'])]);
  const schema = z.strictObject({ ...commonOptions.shape, bench, ...experiment.options.shape });
  const command = new Command(experiment.name).description(`${experiment.summary} (${experiment.paper})`);
  addCallOptions(addSchemaOptions(command, schema));
  const { argument } = experiment;
  if (argument) command.argument(`[${argument}]`, `as --${argument}`);
  return command.action(async () => {
    const call = command.opts<CallOptions>();
    const [given] = command.args;
    const file = { ...(await readConfigFile(call)), ...(argument && given && { [argument]: given }) };
    const options = resolveOptions(command, schema, file) as CommonOptions;
    await runAndReport([{ experiment, options }], call, run);
  });
}

/**
 * Runs experiments one after the other, writes their tables and figures and shows the tables; with `page` it writes report.html, too, and shows the claims' verdicts in place of the tables. One that
 * cannot be run after others could (too few images, no shards) is left out, and told as a UserError when all is done.
 */
export async function runAndReport(
  jobs: readonly { experiment: Experiment; options: CommonOptions }[],
  call: CallOptions,
  run: Runner,
  page = false,
): Promise<void> {
  const { writeReport } = await import('../../harness/write-report.js');
  const { showClaims, showReports } = await import('../show-reports.js');
  const leftOut: string[] = [];
  const pages: string[] = [];
  const reports = await withProgress(call, async work => {
    const done: Report[] = [];
    const answered = createAnswered();
    const workers = jobs.some(({ options }) => options.workers !== '1')
      ? (await import('../../harness/workers.js')).createWorkers()
      : undefined;
    try {
      for (const { experiment, options } of jobs) {
        const outcome = await run(experiment, options, {
          ...{ answered, work },
          ...(workers && { workers }),
        }).catch((error: unknown) => {
          if (done.length === 0 || work.signal.aborted || !(error instanceof UserError)) throw error;
          leftOut.push(`${experiment.name}: ${error.message}`);
        });
        if (!outcome) continue;
        // A shard's numbers are a part's: its tables come when all shards are merged.
        if (outcome.shard) {
          const nothing = { tables: [], figures: [], verdicts: [], notices: [], files: [] };
          const { suite, runs } = outcome;
          const { name, paper, summary } = experiment;
          done.push({ suite, runs, experiment: name, paper, summary, ...nothing });
        } else {
          const written = () => writeReport(outcome, options.results, work.progress);
          done.push(await timed('tables and figures', written));
        }
      }
    } finally {
      workers?.close();
    }
    if (page && done.every(({ files }) => files.length > 0)) {
      const { writeReportPages } = await import('../../harness/write-report-page.js');
      pages.push(...(await timed('report page', () => writeReportPages(done, jobs[0]!.options.results))));
    }
    return done;
  });
  if (pages.length > 0) showClaims(reports, pages, call);
  else showReports(reports, call);
  if (leftOut.length > 0) throw new UserError(`left out: ${leftOut.join('; ')}`);
}

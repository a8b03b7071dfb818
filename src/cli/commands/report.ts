import { Command } from 'commander';
import { UserError } from '../../errors.js';
import { type CallOptions, print } from '../call.js';

interface ReportOptions extends CallOptions {
  readonly suite?: string;
  readonly results: string;
}

/** `report`: the tables of the runs at hand, without a model. */
export function reportCommand(): Command {
  return new Command('report')
    .description('rebuild the tables from the runs at hand, without a model')
    .option('--suite <NAME>', 'only this suite')
    .option('--results <DIR>', 'folder of results', 'results')
    .option('--json', 'print one JSON object to standard output')
    .option('--quiet', 'say nothing but errors')
    .option('--debug', 'show where an error came from')
    .action(rebuild);
}

async function rebuild({ suite, results: root, ...call }: ReportOptions): Promise<void> {
  const { readRun } = await import('../../runs/stored-run.js');
  const { predictionRecords } = await import('../../runs/records.js');
  const { runsAtHand } = await import('../runs-at-hand.js');
  const { resultOf } = await import('../stored-result.js');
  const { showReports, writeTables } = await import('../write-tables.js');
  const atHand = await runsAtHand(root, suite);
  if (atHand.length === 0) {
    const where = suite === undefined ? root : `${root}/${suite}`;
    throw new UserError(
      `${where} holds no finished run to report: run an experiment, or name its folder with --results`,
    );
  }
  const reports = [];
  for (const { suite, experiment, settings, runs, leftOut } of atHand) {
    const results = [];
    for (const { dir } of runs) results.push(await resultOf(await readRun(dir, predictionRecords)));
    const dirs = runs.map(({ dir }) => dir);
    reports.push(await writeTables(experiment, settings, { suite, results, runs: dirs }, root));
    if (!call.quiet && !call.json) for (const { dir, why } of leftOut) print(`left out: ${dir}: ${why}`);
  }
  showReports(reports, call);
}

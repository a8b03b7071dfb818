import { join } from 'node:path';
import { conditionTable } from '../experiments/condition-table.js';
import type { Experiment, RunResult } from '../experiments/types.js';
import type { Table } from '../metrics/table.js';
import { writeTable } from '../report/tables.js';
import { renderTextTable } from '../report/text-table.js';
import { type CallOptions, print } from './call.js';

/** The tables of one experiment in one suite, written, and the runs behind them. */
export interface Report {
  readonly experiment: string;
  readonly suite: string;
  readonly tables: readonly Table[];
  readonly files: readonly string[];
  /** Folders of the runs. */
  readonly runs: readonly string[];
}

/** Writes an experiment's tables to `<root>/<suite>/tables`. */
export async function writeTables(
  experiment: Experiment,
  settings: Readonly<Record<string, unknown>>,
  { suite, results, runs }: Pick<Report, 'suite' | 'runs'> & { readonly results: readonly RunResult[] },
  root: string,
): Promise<Report> {
  const own = Object.entries(settings).filter(([key]) => key in experiment.options.shape);
  const tables = [
    ...experiment.tables(results, experiment.options.parse(Object.fromEntries(own))),
    ...(settings.textOnly || settings.blankImage
      ? [conditionTable(`${experiment.name}-conditions`, results)]
      : []),
  ];
  const files = [];
  for (const table of tables) files.push(await writeTable(join(root, suite, 'tables'), table));
  return { experiment: experiment.name, suite, tables, files, runs };
}

/** Prints reports: as JSON, or as text with the narrow tables (the long forms are for reading elsewhere). */
export function showReports(reports: readonly Report[], { json, quiet }: CallOptions): void {
  if (json) print(JSON.stringify(reports.map(summary)));
  else if (!quiet) for (const report of reports) show(report);
}

const summary = ({ experiment, suite, runs, files, tables }: Report) => ({
  experiment,
  suite,
  runs,
  files,
  tables: Object.fromEntries(tables.map(t => [t.name, t.rows])),
});

function show({ runs, tables, files }: Report): void {
  for (const table of tables.filter(t => t.columns.length <= 10)) print(`\n${renderTextTable(table)}`);
  print(`\npredictions: ${runs.join(', ')}`);
  print(files.length > 0 ? `tables: ${files.join(', ')}` : 'when all shards are done: vlm-spatial merge');
}

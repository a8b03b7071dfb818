import type { Report } from '../harness/write-report.js';
import { isNarrow } from '../records/table.js';
import { type CallOptions, print } from './call.js';
import { fittingTable } from './show-table.js';

/** Prints reports: as JSON, or as text with the narrow tables (the long forms are for reading elsewhere). */
export function showReports(reports: readonly Report[], { json, quiet }: CallOptions): void {
  if (json) print(JSON.stringify(reports.map(inShort)));
  else if (!quiet) for (const report of reports) show(report);
}

const inShort = ({ experiment, suite, runs, files, tables, verdicts }: Report) => ({
  experiment,
  suite,
  runs,
  files,
  tables: Object.fromEntries(tables.map(t => [t.name, t.rows])),
  verdicts,
});

function show({ runs, tables, files }: Report): void {
  for (const table of tables.filter(isNarrow)) print(`\n${fittingTable(table)}`);
  print(`\nruns: ${runs.join(', ')}`);
  print(files.length > 0 ? `files: ${files.join(', ')}` : 'when all shards are done: vlm-spatial merge');
}

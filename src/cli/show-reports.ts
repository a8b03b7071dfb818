import { dirname } from 'node:path';
import type { Report } from '../harness/write-report.js';
import { isNarrow, type Table } from '../records/table.js';
import { type CallOptions, print } from './call.js';
import { claimLines } from './claim-lines.js';
import { fittingTable } from './show-table.js';

/** Rows of the longest table that is printed. */
const MOST_ROWS = 40;

/** Prints reports: as JSON, or as text with the narrow tables (the long forms are for reading elsewhere). */
export function showReports(reports: readonly Report[], { json, quiet }: CallOptions): void {
  if (json) print(JSON.stringify(reports.map(inShort)));
  else if (!quiet) for (const report of reports) show(report);
}

/** Prints what all experiments together say: the claims' verdicts, where the tables and figures are, the pages last. */
export function showClaims(reports: readonly Report[], pages: readonly string[], call: CallOptions): void {
  if (call.json) showReports(reports, call);
  if (call.json || call.quiet) return;
  print("\nThe paper's claims:");
  for (const line of claimLines(reports)) print(line);
  for (const notice of new Set(reports.flatMap(({ notices }) => notices))) print(notice);
  const folders = new Set(reports.flatMap(({ files }) => files.map(file => dirname(file))));
  print(`\ntables and figures: ${[...folders].join(', ')}`);
  for (const page of pages) print(`report: ${page}`);
}

const inShort = ({ experiment, suite, runs, files, tables, verdicts, notices }: Report) => ({
  experiment,
  suite,
  runs,
  files,
  tables: Object.fromEntries(tables.map(t => [t.name, t.rows])),
  verdicts,
  notices,
});

function show({ runs, tables, notices, files }: Report): void {
  for (const table of tables.map(shown).filter(isNarrow)) {
    if (table.rows.length <= MOST_ROWS) print(`\n${fittingTable(table)}`);
    else print(`\n${table.title}: ${table.rows.length} rows, in ${table.name}.csv`);
  }
  for (const notice of notices) print(`\n${notice}`);
  print(`\nruns: ${runs.join(', ')}`);
  print(files.length > 0 ? `files: ${files.join(', ')}` : 'when all shards are done: vlm-spatial merge');
}

/** A table as a terminal shows it. */
const shown = (table: Table): Table => ({ ...table, ...table.shown });

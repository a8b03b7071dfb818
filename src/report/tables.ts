import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import type { Column, Row, Table } from '../records/table.js';
import { formatCell } from './format-cell.js';
import { toDisk } from './to-disk.js';

/**
 * A table as CSV (RFC 4180, but lines end in a line feed): a header of labels, then the rows. RangeError on a row with a
 * field that no column shows: a table loses nothing silently.
 */
export function toCsv({ name, columns, rows }: Table): string {
  const keys = new Set(columns.map(({ key }) => key));
  for (const row of rows)
    for (const key of Object.keys(row))
      if (!keys.has(key)) throw new RangeError(`toCsv: no column of ${name} shows "${key}"`);
  return stringify([
    columns.map(({ label }) => withoutFormula(label, OURS)),
    ...rows.map(row => columns.map(column => csvCell(row, column))),
  ]);
}

/** Writes `<dir>/<name>.csv` in UTF-8 and returns its path. UserError where that cannot be written. */
export async function writeTable(dir: string, table: Table): Promise<string> {
  const path = join(dir, `${table.name}.csv`);
  await toDisk(path, toCsv(table));
  return path;
}

function csvCell(row: Row, { key, format }: Column): string {
  const cell = row[key];
  const text = formatCell(cell, format);
  return typeof cell === 'string' ? withoutFormula(text, format === 'text' ? NUMBER : OURS) : text;
}

/** What answers may be, and no formula: −3, +0.5. */
const NUMBER = /^[+-]?\d+(\.\d+)?$/;

/** The same, or the name of a variant, `+ Normalize + Multilayer`: words alone, which call and reach nothing. */
const OURS = /^([+-]?\d+(\.\d+)?|(\+ [\p{L}\d]+ ?)+)$/u;

/**
 * An apostrophe before text that a spreadsheet would run as a formula (OWASP, "CSV Injection"), spaces before it not counted,
 * as some programs take them off. Text in any column: models, categories and folders are named by others, too.
 */
function withoutFormula(text: string, harmless: RegExp): string {
  return /^\s*[=+\-@\t\r\n＝＋－＠]/.test(text) && !harmless.test(text) ? `'${text}` : text;
}

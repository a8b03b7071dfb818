import type { Table } from '../records/table.js';
import { readableCell } from '../report/format-cell.js';
import { renderTextTable } from '../report/text-table.js';

/** Columns of the terminal that standard output goes to; without one, as many as there are. */
const terminalWidth = (): number =>
  (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;

/**
 * A table as text of so many columns: side by side where that fits, else a block a row with a line a field, so that nothing is out
 * of sight.
 */
export function fittingTable(table: Table, width: number = terminalWidth()): string {
  const text = renderTextTable(table);
  const [, ...lines] = text.split('\n');
  return lines.every(line => [...line].length <= width) ? text : blocks(table);
}

function blocks({ title, columns, rows }: Table): string {
  const widest = Math.max(...columns.map(({ label }) => label.length));
  const block = (row: Table['rows'][number]) =>
    columns
      .filter(({ key }) => (row[key] ?? null) !== null && row[key] !== '')
      .map(({ key, label, format }) => `${label.padEnd(widest)}  ${readableCell(row[key], format)}`)
      .map(line => line.replaceAll(/\p{Cc}+/gu, ' '));
  return `${[title, ...rows.flatMap(row => ['', ...block(row)])].join('\n')}\n`;
}

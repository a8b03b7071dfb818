import type { Column, Table } from '../records/table.js';
import { readableCell } from '../report/format-cell.js';
import { renderTextTable } from '../report/text-table.js';

/** Columns of the terminal that standard output goes to; without one, as many as there are. */
const terminalWidth = (): number =>
  (process.stdout.isTTY && process.stdout.columns) || Number.POSITIVE_INFINITY;

/** Spaces between two columns of a text table. */
const GAP = 2;

/**
 * A table as text of so many columns, with nothing cut off: whole where it fits; else in parts, each with the first column; else,
 * where a column and the first do not fit side by side, a block a row with a line a field.
 */
export function fittingTable(table: Table, width: number = terminalWidth()): string {
  if (width === Number.POSITIVE_INFINITY) return renderTextTable(table);
  const parts = partsOf(table, width);
  if (!parts) return blocks(table);
  return parts
    .map((columns, i) => {
      const text = renderTextTable({ ...table, columns });
      // The title stands above the first part.
      return i === 0 ? text : text.slice(text.indexOf('\n') + 1);
    })
    .join('');
}

/** The columns of each part; undefined where there is no dividing them. */
function partsOf(table: Table, width: number): Column[][] | undefined {
  const [first, ...others] = table.columns;
  if (!first) return undefined;
  const parts = [[first]];
  let used = widthOf(table, first);
  for (const column of others) {
    const more = GAP + widthOf(table, column);
    if (widthOf(table, first) + more > width) return undefined;
    if (used + more > width) {
      parts.push([first]);
      used = widthOf(table, first);
    }
    parts.at(-1)!.push(column);
    used += more;
  }
  return used > width ? undefined : parts;
}

function widthOf(table: Table, column: Column): number {
  const [, ...lines] = renderTextTable({ ...table, columns: [column] }).split('\n');
  return Math.max(...lines.map(line => [...line].length));
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

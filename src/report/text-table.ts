import { onOneLine } from '../printable.js';
import type { Cell, Column, Table } from '../records/table.js';
import { readableCell } from './format-cell.js';

/** Free text longer than this is cut in a terminal; the CSV has all of it. */
const WIDEST = 60;

/**
 * A table for a terminal: title, header, a rule, the rows; columns that hold numbers are aligned right, unformatted numbers
 * shown to four significant digits. Control characters are replaced, so that a model's output cannot move the cursor.
 */
export function renderTextTable({ title, columns, rows }: Table): string {
  const cells = [
    columns.map(({ label }) => onOneLine(label)),
    ...rows.map(row => columns.map(column => terminalCell(row[column.key], column))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map(line => lengthOf(line[i]!))));
  const right = columns.map(({ key }) => rows.some(row => typeof row[key] === 'number'));
  const lines = cells.map(line =>
    line
      .map((cell, i) => {
        const padding = ' '.repeat(widths[i]! - lengthOf(cell));
        return right[i] ? padding + cell : cell + padding;
      })
      .join('  ')
      .trimEnd(),
  );
  const rule = widths.map(width => '─'.repeat(width)).join('  ');
  return `${[onOneLine(title), '', lines[0], rule, ...lines.slice(1)].join('\n')}\n`;
}

function terminalCell(cell: Cell | undefined, { format }: Column): string {
  const text = onOneLine(readableCell(cell, format));
  return format === 'text' && lengthOf(text) > WIDEST ? `${[...text].slice(0, WIDEST - 1).join('')}…` : text;
}

/** Characters, not UTF-16 units. */
const lengthOf = (text: string): number => [...text].length;

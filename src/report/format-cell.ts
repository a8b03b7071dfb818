import type { Cell, Format } from '../records/table.js';

/**
 * A cell as text: '' for null and for numbers that are not known (NaN), decimals as the column says, everything else as it
 * is. −0.001 to two decimals is 0.00, without a sign.
 */
export function formatCell(cell: Cell | undefined, format?: Format): string {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return '';
  if (typeof cell !== 'number' || typeof format !== 'object') return String(cell);
  const text = cell.toFixed(format.decimals);
  const sign = Number(text) === 0 ? '' : cell > 0 && format.signed ? '+' : cell < 0 ? '-' : '';
  return sign + text.replace('-', '');
}

/** The same to be read on a page or in a terminal: unformatted numbers to four significant digits, the CSV has all of them. */
export function readableCell(cell: Cell | undefined, format?: Format): string {
  const long =
    typeof cell === 'number' && format === undefined && !Number.isInteger(cell) && !Number.isNaN(cell);
  return long ? String(Number(cell.toPrecision(4))) : formatCell(cell, format);
}

import type { Table } from '../../records/table.js';
import { readableCell } from '../format-cell.js';
import { type Html, html } from './html.js';

/** A table for a page: numbers to the right, unformatted ones to four significant digits. The CSV has them in full. */
export function tableHtml({ title, columns, rows }: Table): Html {
  const isNumber = (key: string) => rows.some(row => typeof row[key] === 'number');
  const alignment = columns.map(({ key }) => (isNumber(key) ? 'number' : 'text'));
  return html`<figure>
<figcaption>${title}</figcaption>
<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table class="figures">
<thead><tr>${columns.map(({ label }, i) => html`<th scope="col" class="${alignment[i]!}">${label}</th>`)}</tr></thead>
<tbody>${rows.map(
    row => html`
<tr>${columns.map(({ key, format }, i) => {
      const text = readableCell(row[key], format);
      return i === 0
        ? html`<th scope="row" class="${alignment[i]!}">${text}</th>`
        : html`<td class="${alignment[i]!}">${text}</td>`;
    })}</tr>`,
  )}
</tbody></table></div>
</figure>`;
}

import { documentOf } from '../page/document.js';
import { type Html, html, jsonBlock, nothing } from '../page/html.js';
import type { Facet } from './facets.js';
import type { Thumbnails } from './thumbnails.js';
import type { ViewData } from './view-data.js';

/** Everything a page of questions shows. */
export interface ViewPage {
  readonly title: string;
  /** One line below the title. */
  readonly summary: string;
  /** What was run: a row of facts for every run. */
  readonly runs: readonly { readonly name: string; readonly facts: Readonly<Record<string, string>> }[];
  /** What readers must know, in sentences: images that are missing and the like. */
  readonly notes: readonly string[];
  /** Tables above the questions. */
  readonly tables?: readonly Html[];
  readonly data: ViewData;
  readonly thumbnails: Thumbnails;
  /** Which answers are shown at first, one of `CHANGES`. */
  readonly show?: Change;
}

/** What questions can be picked by in two columns of answers; their meaning is that of the script and of `changeOf`. */
const CHANGES = {
  all: 'all questions',
  changed: 'answer or score changed',
  toWrong: 'right → wrong',
  toRight: 'wrong → right',
  equal: 'changed, equal score',
  same: 'same answer',
  right: 'right in both',
  wrong: 'wrong in both',
} as const;

type Change = keyof typeof CHANGES;

/** The same for one column alone. */
const ALONE = { all: 'all questions', right: 'right', wrong: 'wrong' } as const;

/** A page to browse questions and answers, in pieces. */
export function viewPage(page: ViewPage): AsyncGenerator<string> {
  return documentOf({
    title: page.title,
    styles: ['page.css', 'filters.css', 'viewer.css', 'narrow.css'],
    scripts: ['questions.js', 'viewer.js'],
    imageFiles: typeof page.thumbnails.place === 'object',
    body: bodyOf(page),
    rest: imageBlocks(page.thumbnails),
  });
}

function bodyOf({ title, summary, runs, notes, tables = [], data, show = 'all' }: ViewPage): Html {
  return html`<header>
<h1>${title}</h1>
<p class="summary">${summary}</p>
${notes.length > 0 ? html`<ul class="notes">${notes.map(note => html`<li>${note}</li>`)}</ul>` : nothing}
<details><summary>What was run</summary>${runsTable(runs)}</details>
</header>
<noscript><p class="notes">The list of questions is drawn by a script inside this page: allow it to run.</p></noscript>
${tables}
<main>
<form id="filters" role="search" autocomplete="off">
<label class="wide">Search <input type="search" id="text" placeholder="question, answer, target, id"></label>
${data.facets.map((facet, i) => (facet.options.length > 0 ? facetField(facet, i, data.strings) : nothing))}
${comparison(data, show)}
<button type="reset">Reset</button>
</form>
<div class="bar">
<p id="count" role="status"></p>
<nav id="pager" aria-label="Pages">
<button type="button" id="first">First</button><button type="button" id="previous">Previous</button><span id="range"></span><button type="button" id="next">Next</button><button type="button" id="last">Last</button>
</nav>
${columnChooser(data)}
<p id="outside" role="status"></p>
</div>
<div class="browser">
<div class="scroll" id="list" tabindex="-1"><table id="questions" role="table" aria-label="Questions"><thead role="rowgroup"></thead><tbody role="rowgroup"></tbody></table></div>
<aside id="detail" aria-label="Chosen question" hidden></aside>
</div>
<p class="keys"><kbd>↑</kbd> <kbd>↓</kbd> or <kbd>k</kbd> <kbd>j</kbd> question, <kbd>Page ↑</kbd> <kbd>Page ↓</kbd> page, <kbd>Home</kbd> <kbd>End</kbd> first and last, <kbd>/</kbd> search, <kbd>Esc</kbd> back to the list. <span class="legend"><span class="right">✓ right</span> <span class="partly">◐ partly</span> <span class="wrong">✗ wrong</span> <span class="unknown">? not graded</span></span></p>
</main>
${jsonBlock('data', data)}`;
}

function runsTable(runs: ViewPage['runs']): Html {
  const told = runs.flatMap(({ facts }) => Object.entries(facts).filter(([, fact]) => fact !== ''));
  const keys = [...new Set(told.map(([key]) => key))];
  return html`<div class="scroll"><table class="facts">
<thead><tr><td></td>${runs.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${keys.map(key => html`<tr><th scope="row">${key}</th>${runs.map(({ facts }) => html`<td>${facts[key] ?? ''}</td>`)}</tr>`)}</tbody>
</table></div>`;
}

const facetField = ({ title, options }: Facet, index: number, strings: readonly string[]): Html =>
  html`<label>${title} <select data-facet="${index}"><option value="">all</option>${options.map(value => html`<option value="${value}">${strings[value]!}</option>`)}</select></label>`;

function comparison({ columns }: ViewData, show: Change): Html {
  const changes = Object.entries(columns.length > 1 ? CHANGES : ALONE);
  const change = html`<label>Show <select id="change">${changes.map(([value, label]) => html`<option value="${value}" data-label="${label}"${selected(value === show)}>${label}</option>`)}</select></label>`;
  if (columns.length === 1) return change;
  const names = columnNames(columns);
  const column = (id: string, label: string, chosen: number) =>
    html`<label>${label} <select id="${id}">${names.map((name, i) => html`<option value="${i}"${selected(i === chosen)}>${name}</option>`)}</select></label>`;
  return html`<fieldset><legend>Compare</legend>${column('from', 'A', 0)}${column('to', 'B', 1)}${change}</fieldset>`;
}

const columnChooser = ({ columns }: ViewData): Html =>
  columns.length === 1
    ? nothing
    : html`<details id="columns"><summary>Columns</summary><div>${columnNames(columns).map((name, i) => html`<label><input type="checkbox" value="${i}" checked> ${name}</label>`)}</div></details>`;

/** The condition, after its run's name where there are several. */
function columnNames(columns: ViewData['columns']): string[] {
  const several = new Set(columns.map(({ run }) => run)).size > 1;
  return columns.map(({ run, condition }) => (several ? `${run}, ${condition}` : condition));
}

const selected = (is: boolean): Html => (is ? { html: ' selected' } : nothing);

/** One block an image, which the script takes out when it shows it: nothing is decoded before. */
function* imageBlocks({ place, shown }: Thumbnails): Generator<Html> {
  const kind = place === 'inside' ? 'data:image/webp;base64,' : '';
  for (const [image, source] of shown)
    yield html`<script type="text/plain" id="image-${image}">${kind}${source}</script>`;
}

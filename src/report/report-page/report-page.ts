import { type PaperFigure, readClaims, readPaperFigures } from '../../paper/paper-lists.js';
import type { Figure } from '../../records/figure.js';
import { isNarrow, type Table } from '../../records/table.js';
import type { Verdict } from '../../records/verdict.js';
import { documentOf } from '../page/document.js';
import { type Html, html, nothing } from '../page/html.js';
import { tableHtml } from '../page/table.js';
import { verdictPart } from './verdict-part.js';

/** One diagnostic's tables and figures. */
interface ReportSection {
  /** The command's name. */
  readonly name: string;
  /** The paper's table, figure or section. */
  readonly paper: string;
  readonly summary: string;
  readonly notices: readonly string[];
  readonly tables: readonly Table[];
  /** `svg` as `drawFigure` gives it. */
  readonly figures: readonly { readonly figure: Figure; readonly svg: string }[];
}

/** A run behind the tables, as the last part lists it. */
export interface ReportRun {
  /** Its folder, from the page. */
  readonly dir: string;
  readonly key: string;
  readonly experiment: string;
  readonly model: string;
  readonly benchmark: string;
  readonly split: string;
  /** Hashes of weights, data and template; protocol, decoding, judge. */
  readonly provenance: Readonly<Record<string, string>>;
}

export interface ReportContent {
  readonly suite: string;
  /** What the suite is, in one line. */
  readonly summary: string;
  readonly sections: readonly ReportSection[];
  readonly verdicts: readonly Verdict[];
  readonly runs: readonly ReportRun[];
}

/** So many tables are open; the others, of parts and of single models, unfold. */
const SHOWN = 3;

/**
 * A suite's report as one HTML page, in pieces: verdicts on the paper's claims, each diagnostic's tables and figures, the
 * runs behind them. It lies beside the folders `tables` and `figures`, to which it links.
 */
export function reportPage(content: ReportContent): AsyncGenerator<string> {
  const { suite, sections, verdicts, runs } = content;
  return documentOf({
    title: `vlm-spatial: report of suite ${suite}`,
    styles: ['page.css', 'report.css'],
    scripts: [],
    imageFiles: false,
    body: headOf(content),
    rest: [
      verdictPart(readClaims(), verdicts),
      paperFigures(sections),
      ...sections.map(sectionHtml),
      runsPart(runs),
    ],
  });
}

const headOf = ({ suite, summary, sections }: ReportContent): Html => html`<header>
<h1>Spatial awareness of vision-language models: suite ${suite}</h1>
<p class="summary">${summary}</p>
<p class="banner"><strong>Everything here was made by suite <em>${suite}</em></strong>, on its models and its data. Numbers of one suite say nothing of another’s. Grey marks and “the paper” are reference data of LLaVA-1.5 7B, from “Beyond Semantics: Rediscovering Spatial Awareness in Vision-Language Models” (arXiv:2503.17349v1); no run here made them.</p>
<nav aria-label="Parts"><a href="#claims">Claims</a> <a href="#paper-figures">The paper’s figures</a> ${sections.map(({ name }) => html`<a href="#${name}">${name}</a> `)}<a href="#runs">Runs</a></nav>
</header>`;

/** Which of the paper's figures are drawn here. */
function paperFigures(sections: readonly ReportSection[]): Html {
  const drawn = sections.flatMap(({ figures }) => figures.map(({ figure }) => figure.name));
  /** A figure of ours may come in parts: `fig7-2ds`. */
  const parts = (ours: string) => drawn.filter(name => name === ours || name.startsWith(`${ours}-`));
  const links = (ours: string) => parts(ours).map(name => html`<a href="#figure-${name}">${name}</a> `);
  const row = ({ number, where, shows, printed, ours, experiment }: PaperFigure): Html => html`
<tr><th scope="row">Figure ${number}</th><td>${where}</td><td>${shows}</td><td>${printed}</td><td>${parts(ours).length > 0 ? links(ours) : html`not yet: <code>vlm-spatial ${experiment}</code>`}</td></tr>`;
  return html`<section id="paper-figures">
<h2>The paper’s figures</h2>
<div class="scroll" role="region" aria-label="The paper’s figures" tabindex="0"><table>
<thead><tr><th scope="col">The paper’s</th><th scope="col">Where</th><th scope="col">Shows</th><th scope="col">Numbers printed there</th><th scope="col">Here</th></tr></thead>
<tbody>${readPaperFigures().map(row)}
</tbody></table></div>
</section>`;
}

function sectionHtml({ name, paper, summary, notices, tables, figures }: ReportSection): Html {
  const narrow = tables.filter(isNarrow);
  const further = narrow.slice(SHOWN);
  return html`<section id="${name}">
<h2>${name} <small>${paper}</small></h2>
<p class="summary">${summary}</p>
${notices.map(
  notice => html`<p>${notice}</p>
`,
)}${narrow.slice(0, SHOWN).map(tableHtml)}
${figures.map(figureHtml)}
${further.length > 0 ? html`<details><summary>${further.length} more tables</summary>${further.map(tableHtml)}</details>` : nothing}
<p class="files">As CSV: ${tables.map(table => html`<a href="tables/${encodeURIComponent(table.name)}.csv" title="${table.title}">${table.name}</a> `)}</p>
</section>`;
}

/** The figure says its title and caption itself. */
const figureHtml = ({
  figure,
  svg,
}: ReportSection['figures'][number]): Html => html`<figure class="drawn" id="figure-${figure.name}">
${{ html: svg }}
<figcaption><a href="figures/${encodeURIComponent(figure.name)}.svg">SVG</a> <a href="figures/${encodeURIComponent(figure.name)}.png">PNG</a></figcaption>
</figure>
`;

function runsPart(runs: readonly ReportRun[]): Html {
  const facts = [...new Set(runs.flatMap(({ provenance }) => Object.keys(provenance)))].filter(
    key => key !== 'run',
  );
  const row = ({ dir, key, experiment, model, benchmark, split, provenance }: ReportRun): Html => html`
<tr><th scope="row"><a href="${dir.split('/').map(encodeURIComponent).join('/')}/run.json"><code>${key.slice(0, 8)}</code></a></th><td>${experiment}</td><td>${model}</td><td>${benchmark}, ${split}</td>${facts.map(fact => html`<td>${provenance[fact] ?? ''}</td>`)}</tr>`;
  return html`<section id="runs">
<h2>Runs</h2>
<p>Each run’s folder holds its predictions, its settings, and the hashes of weights, data and prompt template that its key is made from.</p>
${
  runs.length === 0
    ? nothing
    : html`<div class="scroll" role="region" aria-label="Runs" tabindex="0"><table class="facts">
<thead><tr><th scope="col">Run</th><th scope="col">Diagnostic</th><th scope="col">Model</th><th scope="col">Benchmark, split</th>${facts.map(fact => html`<th scope="col">${fact}</th>`)}</tr></thead>
<tbody>${runs.map(row)}
</tbody></table></div>`
}
</section>`;
}

import type { Claim } from '../../paper/paper-lists.js';
import type { Verdict } from '../../records/verdict.js';
import { type Html, html, nothing } from '../page/html.js';

const SIGNS = { holds: '✓', 'does not hold': '✗', 'cannot tell': '?' } as const;
const SAYS = Object.keys(SIGNS) as (keyof typeof SIGNS)[];
const CLASSES = { holds: 'right', 'does not hold': 'wrong', 'cannot tell': 'partly' } as const;

/** The paper's claims, each with what the runs say of it, and all at a glance first. */
export function verdictPart(claims: readonly Claim[], verdicts: readonly Verdict[]): Html {
  const of = ({ number }: Claim) => verdicts.filter(v => v.claim === number);
  return html`<section id="claims">
<h2>The paper’s claims</h2>
<p>What the runs of this suite say of each claim. A claim holds, or does not, where one test tells the statistic from the claim’s bound at the 0.05 level, after Holm’s adjustment over the verdicts on that claim; else one cannot tell. Intervals are each verdict’s own, and clustered by image, as the tests are. Controls are models that a claim does not speak of: they stand beside, and do not count. What the paper reports is of LLaVA-1.5 7B on other data.</p>
<ol class="claims">
${claims.map(claim => html`<li value="${claim.number}"><a href="#claim-${claim.number}">${claim.question}</a> ${glance(claim, of(claim))}</li>\n`)}</ol>
${claims.map(claim => claimHtml(claim, of(claim)))}
</section>`;
}

/** The call whose runs answer a claim. */
const answering = ({ experiments, needs }: Claim): string =>
  [experiments.join(', '), ...(needs === undefined ? [] : [needs])].join(' ');

function glance(claim: Claim, verdicts: readonly Verdict[]): Html {
  if (verdicts.length === 0) return html`<span class="chip none">not run: ${answering(claim)}</span>`;
  return html`${SAYS.map(says => {
    const count = verdicts.filter(v => v.says === says && !v.control).length;
    return count === 0
      ? nothing
      : html`<span class="chip ${CLASSES[says]}">${SIGNS[says]} ${says}${count > 1 ? ` (${count})` : ''}</span> `;
  })}`;
}

function claimHtml(claim: Claim, verdicts: readonly Verdict[]): Html {
  const { number, where, question, holdsIf, reference } = claim;
  return html`<article class="claim" id="claim-${number}">
<h3>${number}. ${question}</h3>
<p class="summary">${where}. Holds if ${holdsIf}. The paper: ${reference}.</p>
${
  verdicts.length === 0
    ? html`<p>No run of this suite answers it yet; <code>vlm-spatial ${answering(claim)}</code> does.</p>`
    : html`<div class="scroll" role="region" aria-label="Verdicts on claim ${number}" tabindex="0"><table class="verdicts">
<thead><tr><th scope="col">Verdict</th><th scope="col">Model</th><th scope="col">On</th><th scope="col">Statistic</th><th scope="col" class="number">Value</th><th scope="col" class="number">95% interval</th><th scope="col">Because</th></tr></thead>
<tbody>${verdicts.map(verdictRow)}
</tbody></table></div>`
}
</article>
`;
}

const verdictRow = ({ says, model, control, about, statistic, value, low, high, because }: Verdict): Html => {
  const number = writer([value, ...(low === null || high === null ? [] : [low, high])]);
  const interval = low === null || high === null ? '' : `${number(low)} to ${number(high)}`;
  return html`
<tr><th scope="row" class="${CLASSES[says]}">${SIGNS[says]} ${says}</th><td class="model">${model}${control ? ' (control)' : ''}</td><td>${about}</td><td>${statistic}</td><td class="number">${number(value)}</td><td class="number">${interval}</td><td>${because}</td></tr>`;
};

/** Two decimals, and more where all of the numbers are small. */
function writer(numbers: readonly number[]): (value: number) => string {
  const largest = Math.max(...numbers.map(Math.abs));
  const decimals = largest > 0 && largest < 1 ? 2 - Math.floor(Math.log10(largest)) : 2;
  return value => (Number.isFinite(value) ? value.toFixed(decimals).replace('-', '−') : '');
}

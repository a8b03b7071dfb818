import { describe, expect, it } from 'vitest';
import { experiments } from '../../src/experiments/index.js';
import { readPaper } from '../../src/paper/paper.js';
import { readClaims, readPaperFigures } from '../../src/paper/paper-lists.js';
import type { Chart } from '../../src/records/figure.js';
import type { Table } from '../../src/records/table.js';
import type { Verdict } from '../../src/records/verdict.js';
import { type ReportContent, reportPage } from '../../src/report/report-page/report-page.js';

const NASTY = `</svg><script>alert('1')</script>"&`;

const verdict = (more: Partial<Verdict>): Verdict => ({
  claim: 1,
  suite: 'mini',
  model: 'Mini',
  about: 'GQA, test',
  says: 'holds',
  statistic: 'accuracy lost, points',
  value: 1.234,
  low: -0.5,
  high: 2,
  p: 0.04,
  because: 'the interval lies below',
  ...more,
});

const table = (name: string, columns: number): Table => ({
  name,
  title: `Title of ${name}`,
  columns: Array.from({ length: columns }, (_, i) => ({ key: `k${i}`, label: `Column ${i}` })),
  rows: [Object.fromEntries(Array.from({ length: columns }, (_, i) => [`k${i}`, i]))],
});

const figure: Chart = { kind: 'chart', name: 'fig5', title: 'Figure', caption: 'Caption', spec: {} };

const content = (more: Partial<ReportContent> = {}): ReportContent => ({
  suite: 'mini',
  summary: 'a miniature',
  sections: [
    {
      name: 'eval',
      notices: ['too few images (3)'],
      paper: 'Table 2',
      summary: 'accuracy',
      tables: [table('table2', 3), table('eval-long', 20)],
      figures: [{ figure, svg: '<svg id="drawn"></svg>' }],
    },
  ],
  verdicts: [verdict({})],
  runs: [
    {
      dir: 'eval/mini 2ds',
      key: '0123456789abcdef',
      experiment: 'eval',
      model: 'Mini',
      benchmark: '2DS',
      split: 'test',
      provenance: { run: '01234567', weights: 'abc', protocol: 'llava' },
    },
  ],
  ...more,
});

async function page(more: Partial<ReportContent> = {}): Promise<string> {
  let text = '';
  for await (const piece of reportPage(content(more))) text += piece;
  return text;
}

/** The part of the page about one claim. */
const claimPart = (html: string, number: number): string =>
  html.split(`id="claim-${number}"`)[1]!.split('</article>')[0]!;

describe('a suite’s report page', () => {
  it('begins with the suite it is of and with the verdicts, before any table', async () => {
    const html = await page();
    const at = (text: string) => {
      expect(html).toContain(text);
      return html.indexOf(text);
    };
    expect(at('made by suite <em>mini</em>')).toBeLessThan(at('id="claims"'));
    expect(at('id="claims"')).toBeLessThan(at('Title of table2'));
    expect(at('Title of table2')).toBeLessThan(at('id="runs"'));
  });

  it('says of every claim what the runs say, with statistic, interval and reason', async () => {
    const says = ['holds', 'does not hold', 'cannot tell'] as const;
    const html = await page({
      verdicts: says.map((s, i) => verdict({ says: s, model: `model ${i}`, because: `reason ${i}` })),
    });
    const part = claimPart(html, 1);
    for (const [i, sign] of ['✓ holds', '✗ does not hold', '? cannot tell'].entries()) {
      expect(part).toContain(`${sign}</th><td class="model">model ${i}</td>`);
      expect(part).toContain(`reason ${i}`);
    }
    expect(part).toContain('>1.23<');
    expect(part).toContain('>−0.50 to 2.00<');
    expect(claimPart(html, 2)).toContain(
      'No run of this suite answers it yet; <code>vlm-spatial compress</code>',
    );
  });

  it('writes small numbers with digits that count, and none where there is no interval', async () => {
    const html = await page({
      verdicts: [
        verdict({ value: 0.0123, low: 0.0045, high: 0.02 }),
        verdict({ value: Number.NaN, low: null, high: null }),
      ],
    });
    expect(claimPart(html, 1)).toContain('>0.0123</td><td class="number">0.0045 to 0.0200<');
    expect(claimPart(html, 1)).toContain('<td class="number"></td><td class="number"></td>');
  });

  it('shows narrow tables, and links to all of them, and to the figures', async () => {
    const html = await page();
    expect(html).toContain('<figcaption>Title of table2</figcaption>');
    expect(html).not.toContain('<figcaption>Title of eval-long</figcaption>');
    for (const href of ['tables/table2.csv', 'tables/eval-long.csv', 'figures/fig5.svg', 'figures/fig5.png'])
      expect(html).toContain(`href="${href}"`);
    expect(html).toContain('<svg id="drawn"></svg>');
    expect(html).toContain('href="eval/mini%202ds/run.json"');
  });

  it('lists the paper’s figures with those that are drawn here', async () => {
    const html = await page();
    expect(html).toContain('<a href="#figure-fig5">fig5</a>');
    expect(html).toContain('id="figure-fig5"');
    expect(html).toContain('not yet: <code>vlm-spatial norms</code>');
  });

  it('shows what others wrote as text, and lets no script run', async () => {
    const html = await page({
      suite: NASTY,
      verdicts: [verdict({ model: NASTY, about: NASTY, because: NASTY, statistic: NASTY })],
      runs: [{ ...content().runs[0]!, model: NASTY, split: NASTY, provenance: { [NASTY]: NASTY } }],
    });
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;script&gt;');
    expect(html).toMatch(/Content-Security-Policy" content="default-src (&#39;|')none/);
    // The policy allows no inline style attribute: there is none.
    expect(html).not.toMatch(/<[^>]* style="/);
  });
});

describe('the lists of the paper', () => {
  it('has its ten claims and eight figures, in order, each with an experiment that there is', () => {
    expect(readClaims().map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(readPaperFigures().map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const names = new Set(Object.keys(experiments));
    for (const { experiments: answering } of readClaims())
      for (const name of answering) expect(names).toContain(name);
    for (const { experiment } of readPaperFigures()) expect(names).toContain(experiment);
  });

  it('agrees with the paper’s tables where it repeats their numbers', () => {
    const { tables } = readPaper();
    const printed = (name: string, row: string, column: string) =>
      tables[name]!.rows.find(({ key }) => key === row)!.cells[column]!.printed.split(' ')[0]!;
    const reference = (number: number) => readClaims()[number - 1]!.reference;
    expect(reference(1)).toContain(printed('table1', 'gqa', 'difference').replace('-', ''));
    expect(reference(5)).toContain(
      `${printed('table2', 'overall', 'baseline')} → ${printed('table2', 'overall', 'normalize')}`,
    );
    expect(reference(6)).toContain(
      `${printed('table2', 'overall', 'normalize')} → ${printed('table2', 'overall', 'multilayer')}`,
    );
    for (const row of ['2ds', 'coco', 'cvbench']) {
      const entropies = ['baseline', 'normalize', 'multilayer'].map(column => printed('table4', row, column));
      expect(reference(8)).toContain(entropies.join(' → '));
    }
  });
});

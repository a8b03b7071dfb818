import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  dots,
  heatmapGrid,
  histogramLog,
  lineWithIntervals,
  PAPER_MARKS,
} from '../../src/experiments/charts/index.js';
import type { Chart } from '../../src/records/figure.js';
import { drawChart } from '../../src/report/figures/chart.js';
import { drawFigure } from '../../src/report/figures/draw.js';

const head = { name: 'figure', title: 'Accuracy <1> & "2"', caption: 'What is shown.' };
const none = async () => undefined;
/** Without a PNG, which takes longer. */
const draw = async (chart: Chart): Promise<string> => (await drawChart(chart)).svg;
const count = (svg: string, pattern: RegExp): number => [...svg.matchAll(pattern)].length;
/** Symbols of Vega's `point` marks, by whether they are filled: ours are, the paper's are not. */
const symbols = (svg: string) => {
  const groups = [...svg.matchAll(/<g class="mark-symbol role-mark[^>]*>(.*?)<\/g>/gs)].map(
    match => match[1]!,
  );
  const paths = groups.flatMap(group => [...group.matchAll(/<path [^>]*>/g)].map(match => match[0]));
  const hollow = paths.filter(path => /fill="(none|transparent)"/.test(path) || !path.includes('fill='));
  return { ours: paths.length - hollow.length, paper: hollow.length };
};

const SERIES = ['Mini', '+ Normalize'];
const points = SERIES.flatMap((series, i) =>
  [2, 3, 4].map(x => ({ series, x, value: 50 + 10 * i + x, low: 45 + 10 * i, high: 60 + 10 * i })),
);
const lines = (options: object = {}) =>
  lineWithIntervals({
    ...head,
    x: { title: 'Objects' },
    y: { title: 'Accuracy (%)' },
    rows: points,
    ...options,
  });
const rows = SERIES.flatMap((series, i) =>
  ['a', 'b', 'c'].map((category, j) => ({ series, category, value: 40 + 10 * i + j, low: 38, high: 63 })),
);
const dotted = (options: object = {}) => dots({ ...head, x: { title: 'Accuracy (%)' }, rows, ...options });

describe('a drawn chart', () => {
  it('names a single level, above its line', async () => {
    expect(await draw(lines({ levels: [{ value: 50, label: 'the only one' }] }))).toContain('the only one');
  });

  it('holds one mark a row, and no other', async () => {
    expect(symbols(await draw(lines()))).toEqual({ ours: points.length, paper: 0 });
    expect(symbols(await draw(dotted()))).toEqual({ ours: rows.length, paper: 0 });
    const cells = Array.from({ length: 12 }, (_, i) => ({ column: i % 4, row: Math.floor(i / 4), value: i }));
    const grid = await draw(heatmapGrid({ ...head, x: 'Head', y: 'Layer', colour: 'Share', rows: cells }));
    expect(count(grid, /aria-roledescription="rect mark"/g)).toBe(cells.length);
  });

  it('names the paper’s marks where there are such, and only there', async () => {
    const ghosts = [{ series: 'Mini', category: 'a', value: 79.6 }];
    const withGhosts = await draw(dotted({ ghosts }));
    expect(symbols(withGhosts)).toEqual({ ours: rows.length, paper: ghosts.length });
    expect(withGhosts).toContain(`>${PAPER_MARKS}<`);
    expect(await draw(dotted())).not.toContain(PAPER_MARKS);
    const line = await draw(lines({ ghosts: [{ series: 'Mini', x: 2, value: 50 }] }));
    expect(symbols(line)).toEqual({ ours: points.length, paper: 1 });
  });

  it('draws an interval for every row that has one', async () => {
    const intervals = (svg: string) => count(svg, /aria-roledescription="rule mark"/g);
    expect(intervals(await draw(lines()))).toBe(points.length);
    const [first, ...others] = points;
    const partly = [{ ...first!, low: Number.NaN, high: Number.NaN }, ...others];
    expect(intervals(await draw(lines({ rows: partly })))).toBe(points.length - 1);
    const without = points.map(({ series, x, value }) => ({ series, x, value, low: null, high: null }));
    expect(intervals(await draw(lines({ rows: without })))).toBe(0);
  });

  it('names axes with their units, every series once, and each panel', async () => {
    const panels = ['left', 'right'];
    const svg = await draw(dotted({ rows: panels.flatMap(panel => rows.map(row => ({ ...row, panel }))) }));
    expect(symbols(svg).ours).toBe(2 * rows.length);
    for (const panel of panels) expect(count(svg, new RegExp(`>${panel}</text>`, 'g'))).toBe(1);
    for (const series of ['Mini', '\\+ Normalize'])
      expect(count(svg, new RegExp(`>${series}</text>`, 'g'))).toBe(1);
    expect(svg).toContain('>Accuracy (%)</text>');
  });

  it('scales each series of a histogram to 100 %, whatever its number of tokens', () => {
    const bins = [
      ['vision', 10, 30],
      ['vision', 100, 10],
      ['text', 1, 4000],
    ] as const;
    const { spec } = histogramLog({
      ...head,
      x: { title: 'L2 norm' },
      rows: bins.map(([series, from, n]) => ({ series, from, to: 10 * from, count: n })),
    });
    const { values } = spec.data as { values: { series: string; share: number }[] };
    expect(values.map(({ share }) => share)).toEqual([75, 25, 100]);
  });

  it('is the same, byte for byte, when drawn again after others', async () => {
    const grid = heatmapGrid({
      ...head,
      ...{ x: 'Head', y: 'Layer', colour: 'Share' },
      rows: [
        { column: 0, row: 0, value: 0 },
        { column: 1, row: 0, value: 1 },
      ],
    });
    const first = await drawFigure(grid, none);
    await drawFigure(lines(), none);
    const again = await drawFigure(grid, none);
    expect(again.svg).toBe(first.svg);
    expect(Buffer.from(again.png).equals(Buffer.from(first.png))).toBe(true);
    // The gradient of its legend is named after the figure: two figures in one page do not take each other's.
    expect(first.svg).toMatch(/ id="figure-\d+"/);
    expect(first.svg).toMatch(/url\(#figure-\d+\)/);
  });

  it('shows title, caption, series and categories as text, not as markup', async () => {
    const nasty = '<script>"&\'';
    const { svg } = await drawFigure(
      dotted({
        caption: nasty,
        rows: [{ series: nasty, category: nasty, value: 1 }],
        ghosts: [],
        floors: [{ category: nasty, value: 2, label: nasty }],
      }),
      none,
    );
    expect(svg).not.toContain('<script');
    expect(svg).toContain('Accuracy &lt;1&gt; &amp; &quot;2&quot;');
    expect(count(svg, /&lt;script&gt;/g)).toBeGreaterThanOrEqual(4);
    await expect(sharp(Buffer.from(svg)).metadata()).resolves.toMatchObject({ format: 'svg' });
  });

  it('has a PNG of twice its size', async () => {
    const { svg, png } = await drawFigure(lines(), none);
    const [, width, height] = /^<svg[^>]* width="(\d+)" height="(\d+)"/.exec(svg)!;
    const { width: w, height: h, format } = await sharp(png).metadata();
    expect([w, h, format]).toEqual([2 * Number(width), 2 * Number(height), 'png']);
  });

  it('loads nothing from elsewhere, and takes no specification that Vega-Lite doubts', async () => {
    const chart = (spec: object): Chart => ({ kind: 'chart', ...head, spec: spec as Chart['spec'] });
    const mark = { mark: 'point', encoding: { x: { field: 'a', type: 'quantitative' } } };
    const remote = chart({ data: { url: 'file:///etc/passwd', format: { type: 'csv' } }, ...mark });
    await expect(drawFigure(remote, none)).rejects.toThrow(/figure figure: .*must be in its spec/);
    const doubtful = chart({
      data: { values: [] },
      mark: 'point',
      encoding: { z: { field: 'a', type: 'nominal' } },
    });
    await expect(drawFigure(doubtful, none)).rejects.toThrow(RangeError);
  });
});

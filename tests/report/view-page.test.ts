import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Prediction } from '../../src/records/prediction.js';
import { type Change, changeOf } from '../../src/report/pair-predictions.js';
import { viewData } from '../../src/report/view/view-data.js';
import { writeView } from '../../src/report/view/write-view.js';
import {
  type Chromium,
  choose,
  countOf,
  describeInChromium,
  type OpenedPage,
  sizeOf,
  startChromium,
  textOf,
} from './view-chromium.js';

/** Texts that would run, end a block or break a line, were they taken for anything but text. */
const HOSTILE = [
  '<script>window.ran = true</script>',
  '</script><script>window.ran = true</script><!--',
  '<img src="http://example.invalid/x.png" onerror="window.ran = true">',
  'line\u2028separator \u2029 and "quotes" &amp; \'more\' \\',
  '{{constructor.constructor("window.ran = true")()}}',
];

/** 130 questions on 26 images under two conditions: some answers change, some scores do, some are not known. */
const predictions: Prediction[] = [
  'original',
  'permuted-0 </title><script>window.ran = true</script>',
].flatMap((condition, second) =>
  Array.from({ length: 130 }, (_, i) => {
    const score = [1, 0, second, 1 - second, 1 / 3, Number.NaN][i % 6]!;
    const output = i % 6 === 1 ? `answer ${second}` : `said ${score}`;
    return {
      ...{ id: `${i} __proto__ <b>`, image: `img/${Math.floor(i / 5)}<x>`, condition, promptHash: '' },
      category: ['color.abs', 'color.rel', '<i>shape</i>'][Math.floor(i / 5) % 3]!,
      labels: { objects: 2 + (i % 4), testCategory: `${2 + (i % 4)}_objects`, place: `p${i}` },
      question: `${HOSTILE[i % HOSTILE.length]} number ${i}?`,
      targets: i % 6 === 4 ? ['blue', 'red', 'red'] : ['red'],
      ...{ output, answer: output, score, margin: 0.5 },
    };
  }),
);
const half = predictions.length / 2;
const pairs = predictions.slice(0, half).map((a, i) => ({ a, b: predictions[half + i]! }));
const { data, images } = viewData([{ name: 'Mini <b>', data: 'd', benchmark: '2DS', predictions }]);

const folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-view-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const picture = (await sharp({ create: { width: 500, height: 300, channels: 3, background: '#08f' } })
  .png()
  .toBuffer()) as Uint8Array;

/** The first image is no image, the last is not known. */
const find = ({ id }: { readonly id: string }) =>
  id.startsWith('img/25')
    ? undefined
    : Promise.resolve(id.startsWith('img/0') ? new Uint8Array([1, 2, 3]) : picture);

const page = { title: 'Mini <b>', summary: 'Suite mini', runs: [], notes: ['A <note>'], data };

describeInChromium('a page of questions in the browser', () => {
  let chromium: Chromium;
  let opened: OpenedPage;
  const path = join(folder, 'view.html');

  beforeAll(async () => {
    await writeView(path, page, { images, find, place: 'inside' });
    chromium = await startChromium();
    opened = await chromium.open(path);
  }, 120_000);
  beforeEach(() => opened.page.reload(), 120_000);
  afterAll(() => chromium?.close());

  it('shows what runs say as text, runs none of it, and asks for nothing', async () => {
    const rows = await opened.page.$$eval('#questions tbody td.question bdi', cells =>
      cells.map(cell => cell.textContent),
    );
    expect(rows).toEqual(pairs.slice(0, 50).map(({ a }) => a.question));
    expect(await textOf(opened.page, '#questions tbody tr:nth-child(5) td.target')).toBe('red (2) | blue');
    expect(await opened.page.title()).toBe('Mini <b>');
    expect(await opened.page.$$eval('.notes li', items => items.map(item => item.textContent))).toEqual([
      'A <note>',
      expect.stringMatching(/^1 image not shown, the first because: /),
    ]);
    expect(await opened.page.evaluate('window.ran')).toBeUndefined();
    expect(await opened.page.$$('body b:not(.letter), body i:empty, body img[src^="http"]')).toEqual([]);
    expect(opened.requests).toEqual([]);
    expect(opened.said).toEqual([]);
  });

  it('counts what became of the answers as diff does', async () => {
    const became = (change: Change) => pairs.filter(pair => changeOf(pair) === change).length;
    const expected = {
      'all questions': pairs.length,
      'right → wrong': became('right→wrong'),
      'wrong → right': became('wrong→right'),
      'changed, equal score': became('changed, equal score'),
      'answer or score changed': pairs.length - became('same'),
      'same answer': became('same'),
      'right in both': pairs.filter(({ a, b }) => a.score === 1 && b.score === 1).length,
      'wrong in both': pairs.filter(({ a, b }) => a.score === 0 && b.score === 0).length,
    };
    expect(Object.values(expected).every(count => count > 0)).toBe(true);
    for (const [label, count] of Object.entries(expected)) {
      await choose(opened.page, '#change', label);
      expect([label, await countOf(opened.page)]).toEqual([label, count]);
    }
    // The other way round, what was lost is won.
    await choose(opened.page, '#change', 'right → wrong');
    await opened.page.select('#from', '1');
    await opened.page.select('#to', '0');
    expect(await countOf(opened.page)).toBe(expected['wrong → right']);
  });

  it('filters by what divides the questions, and by text', async () => {
    const titles = await opened.page.$$eval('#filters label:has([data-facet])', labels =>
      labels.map(label => label.firstChild?.textContent?.trim()),
    );
    // The test category tells what the number of objects does, and places are too many.
    expect(titles).toEqual(['Category', 'Objects']);
    const [category, objects] = (await opened.page.$$eval('[data-facet]', selects =>
      selects.map(select => `[data-facet="${select.getAttribute('data-facet')}"]`),
    )) as [string, string];
    await choose(opened.page, category, '<i>shape</i>');
    await choose(opened.page, objects, '3');
    const both = ({ a }: { a: Prediction }) => a.category === '<i>shape</i>' && a.labels.objects === 3;
    expect(await countOf(opened.page)).toBe(pairs.filter(both).length);
    const scores = pairs.filter(both).map(({ b }) => b.score);
    const known = scores.filter(score => !Number.isNaN(score));
    const mean = (100 * known.reduce((sum, score) => sum + score, 0)) / known.length;
    expect(await textOf(opened.page, '#questions thead th:last-child .mean')).toBe(`${mean.toFixed(2)} %`);
    await opened.page.type('#text', 'nowhere');
    expect(await countOf(opened.page)).toBe(0);
    expect(await opened.page.$eval('#detail', detail => detail.hasAttribute('hidden'))).toBe(true);
    await opened.page.click('#filters [type=reset]');
    await opened.page.waitForFunction('document.getElementById("count").textContent.startsWith("130")');
    await opened.page.type('#text', 'ANSWER 1');
    expect(await countOf(opened.page)).toBe(pairs.filter(({ b }) => b.output === 'answer 1').length);
  });

  it('is gone through by keyboard, and shows the chosen question with its image', async () => {
    const at = () => textOf(opened.page, '#detail h2');
    await opened.page.focus('#questions tbody tr');
    for (const key of ['j', 'ArrowDown', 'j', 'k'] as const) await opened.page.keyboard.press(key);
    expect(await at()).toBe(pairs[2]!.a.question);
    await opened.page.keyboard.press('PageDown');
    expect(await at()).toBe(pairs[52]!.a.question);
    expect(await textOf(opened.page, '#range')).toBe('51–100 of 130');
    expect(await sizeOf(opened.page, '#detail img')).toEqual([256, 154, `image ${pairs[52]!.a.image}`]);
    await opened.page.keyboard.press('End');
    expect(await at()).toBe(pairs.at(-1)!.a.question);
    // Neither the broken image nor the unknown one is shown as anything.
    expect(await opened.page.$('#detail img')).toBeNull();
    await opened.page.keyboard.press('/');
    await opened.page.keyboard.type('number 7?');
    expect(await countOf(opened.page)).toBe(1);
    await opened.page.keyboard.press('Escape');
    expect(await opened.page.evaluate('document.activeElement.tagName')).toBe('TR');
    expect(opened.said).toEqual([]);
  });

  it('fits a narrow screen, and lies over the list there when a question is chosen', async () => {
    const narrow = await chromium.open(path, { width: 400, height: 800 });
    expect(await narrow.page.evaluate('document.documentElement.scrollWidth')).toBe(400);
    const isShown = () => narrow.page.$eval('#detail', detail => detail.checkVisibility());
    expect(await isShown()).toBe(false);
    await narrow.page.click('#questions tbody tr td.question');
    expect(await isShown()).toBe(true);
    await narrow.page.click('#detail .close');
    expect(await isShown()).toBe(false);
  });

  it('says how many columns of answers are out of sight, and that they came into it', async () => {
    const wide = join(folder, 'wide.html');
    const many = Array.from({ length: 9 }, (_, i) => ({
      ...{ name: `a model with a long name, number ${i}`, data: 'd', benchmark: '2DS' },
      predictions: predictions.slice(0, half),
    }));
    const viewed = viewData(many);
    await writeView(wide, { ...page, data: viewed.data }, { images: viewed.images, find, place: 'inside' });
    const { page: shown } = await chromium.open(wide, { width: 1600, height: 800 });
    const told = () => textOf(shown, '#outside');
    const [outside] = (await told()).match(/\d+/)!;
    expect(Number(outside)).toBeGreaterThan(0);
    expect(await told()).toMatch(/^\d of 9 columns of answers are out of sight: scroll the list sideways/);
    await shown.evaluate(
      `for (const box of document.querySelectorAll('#columns input:not([value="0"])')) box.click()`,
    );
    expect(await told()).toBe('');
  });

  it('shows images from a folder beside it', async () => {
    const beside = join(folder, 'beside.html');
    const pictures = join(folder, 'pictures & more');
    const written = await writeView(beside, page, { images, find, place: { folder: pictures } });
    expect(written.images).toBe(24);
    expect(await readdir(pictures)).toHaveLength(24);
    expect(await readFile(beside, 'utf8')).not.toContain('base64,');
    const { page: shown, requests, said } = await chromium.open(beside);
    await shown.keyboard.press('PageDown');
    expect((await sizeOf(shown, '#detail img')).slice(0, 2)).toEqual([500, 300]);
    expect(requests.every(url => url.includes('/pictures%20%26%20more/'))).toBe(true);
    expect(said).toEqual([]);
  });
});

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRandom } from '../../src/random.js';
import { viewData } from '../../src/report/view/view-data.js';
import { writeView } from '../../src/report/view/write-view.js';
import { vlmSpatial } from '../cli/stored-runs.js';
import {
  choose,
  countOf,
  describeInChromium,
  sizeOf,
  startChromium,
  textOf,
} from '../report/view-chromium.js';
import { drawTwoDs, type StoredAnswers, storeAnswers } from '../report/view-runs.js';

const MIB = 2 ** 20;

/** Of 2DS, six questions each. */
const IMAGES = 3335;

const folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-view-'));
let run: StoredAnswers;

beforeAll(async () => {
  await drawTwoDs(join(folder, 'datasets'), IMAGES / 5);
  run = await storeAnswers(join(folder, 'results'), join(folder, 'datasets'));
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A picture that compresses as a photograph does: 320 × 240, smooth noise on two scales. */
async function photograph(seed: number): Promise<Uint8Array> {
  const random = seededRandom('photograph', seed);
  const grain = (side: number) => Buffer.from(Array.from({ length: side ** 2 * 3 }, () => 256 * random()));
  const enlarged = (side: number) =>
    sharp(grain(side), { raw: { width: side, height: side, channels: 3 } })
      .resize(320, 240, { fit: 'fill', kernel: 'cubic' })
      .png()
      .toBuffer();
  return sharp(await enlarged(12))
    .composite([{ input: await enlarged(96), blend: 'soft-light' }])
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** Opens a page and goes to its end; gives the milliseconds to the first list drawn, and to the end of loading. */
async function open(path: string, questions: number, toWrong: number): Promise<Record<string, number>> {
  const chromium = await startChromium();
  try {
    const { page, requests, said } = await chromium.open(path);
    expect(await countOf(page)).toBe(questions);
    const [painted, loaded] = (await page.evaluate(
      `[performance.getEntriesByName('first-contentful-paint')[0].startTime,
        performance.getEntriesByType('navigation')[0].loadEventEnd]`,
    )) as [number, number];
    expect(await page.$$eval('#questions tbody tr', rows => rows.length)).toBe(50);
    const started = performance.now();
    await choose(page, '#change', 'right → wrong');
    expect(await countOf(page)).toBe(toWrong);
    const filtered = performance.now() - started;
    await page.keyboard.press('Escape');
    await page.keyboard.press('End');
    const count = toWrong.toLocaleString('en');
    expect(await textOf(page, '#range')).toMatch(new RegExp(`–${count} of ${count}$`));
    await page.keyboard.press('Home');
    expect((await sizeOf(page, '#detail img'))[0]).toBeGreaterThan(0);
    expect([requests, said]).toEqual([[], []]);
    return { painted, loaded, filtered };
  } finally {
    await chromium.close();
  }
}

const report = (what: string, times: Record<string, number>, bytes: number) =>
  process.stdout.write(
    `${what}: ${(bytes / MIB).toFixed(1)} MiB, ${Object.entries(times)
      .map(([name, milliseconds]) => `${name} ${Math.round(milliseconds)} ms`)
      .join(', ')}\n`,
  );

describeInChromium('a page of 20,010 questions under three conditions', () => {
  const questions = 6 * IMAGES;
  const wrong = () => run.predictions.filter(p => p.condition === 'permuted-0' && p.score === 0).length;

  it('with the images of 2DS inside', async () => {
    expect(run.predictions).toHaveLength(3 * questions);
    const out = join(folder, 'view.html');
    const started = performance.now();
    const done = JSON.parse(await vlmSpatial('view', run.dir, '--out', out, '--json'));
    const built = performance.now() - started;
    expect(done).toMatchObject({ questions, images: IMAGES, notes: [] });
    expect(done.bytes).toBe((await stat(out)).size);
    expect(done.bytes).toBeLessThan(8 * MIB);
    report('2DS', { built, ...(await open(out, questions, wrong())) }, done.bytes);
  });

  it('with photographs inside, as many as the page holds', async () => {
    const { data, images } = viewData([
      { name: 'Mini', data: 'd', benchmark: '2DS', predictions: run.predictions },
    ]);
    // Ten pictures serve for all: what counts are bytes.
    const photographs = await Promise.all(Array.from({ length: 10 }, (_, i) => photograph(i)));
    const out = join(folder, 'photographs.html');
    const started = performance.now();
    const done = await writeView(
      out,
      { title: 'Photographs', summary: '', runs: [], notes: [], data },
      { images, find: ({ id }) => Promise.resolve(photographs[Number(id) % 10]!), place: 'inside' },
    );
    const built = performance.now() - started;
    const ofImages = done.bytes - (await stat(join(folder, 'view.html'))).size;
    expect(ofImages / done.images).toBeGreaterThan(4000);
    // Base64 takes four bytes for three.
    expect(done.bytes).toBeLessThan((32 * MIB * 4) / 3 + 8 * MIB);
    expect(done.images === IMAGES ? [] : [expect.stringContaining('--images DIR')]).toEqual(done.notes);
    report(`${done.images} photographs`, { built, ...(await open(out, questions, wrong())) }, done.bytes);
  });
});

import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import { ownBenchmark } from '../../src/benchmarks/jsonl.js';
import { imagesOfRun } from '../../src/harness/run-images.js';
import { readRunInfo } from '../../src/runs/run-info.js';
import {
  choose,
  countOf,
  describeInChromium,
  sizeOf,
  startChromium,
  textOf,
} from '../report/view-chromium.js';
import { drawTwoDs, type StoredAnswers, storeAnswers } from '../report/view-runs.js';
import { vlmSpatial } from './stored-runs.js';

let folder: string;
let datasets: string;
let run: StoredAnswers;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlm-spatial-view-'));
  datasets = join(folder, 'datasets');
  await drawTwoDs(datasets, 2);
  run = await storeAnswers(join(folder, 'results'), datasets);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A page's data block, and the WebP file that it has inside for an image's id. */
async function readPage(path: string) {
  const page = await readFile(path, 'utf8');
  const data = JSON.parse(/<script type="application\/json" id="data">(.*)<\/script>/.exec(page)![1]!);
  const blocks = page.matchAll(/id="image-(\d+)">data:image\/webp;base64,([^<]*)</g);
  const images = new Map(
    Array.from(blocks, ([, place, base64]): [string, Buffer] => [
      data.strings[data.images[Number(place)]],
      Buffer.from(base64!, 'base64'),
    ]),
  );
  return { data, images };
}

/** Another folder's data in place of the run's, while `use` runs. */
async function withOtherData(use: () => Promise<void>, put: () => Promise<unknown> = async () => {}) {
  await rename(datasets, `${datasets}.away`);
  try {
    await put();
    await use();
  } finally {
    await rm(datasets, { recursive: true, force: true });
    await rename(`${datasets}.away`, datasets);
  }
}

const viewed = async (...args: string[]) => JSON.parse(await vlmSpatial('view', ...args, '--json'));

describe('the images of a stored run', () => {
  it('are the bytes in its benchmark’s files, by id', async () => {
    const info = (await readRunInfo(run.dir))!;
    const find = await imagesOfRun({ dir: run.dir, info });
    const dataset = await benchmarks['2ds'].open(join(datasets, '2ds'));
    for await (const { id, load } of dataset.images())
      expect(Buffer.from((await find(id))!)).toEqual(Buffer.from(await load()));
    expect(find('another')).toBeUndefined();
  });

  it('are not taken from other data under the same ids', async () => {
    const info = (await readRunInfo(run.dir))!;
    await withOtherData(
      () => expect(imagesOfRun({ dir: run.dir, info })).rejects.toThrow('no longer holds the data of'),
      () => drawTwoDs(datasets, 2, 1),
    );
    await withOtherData(async () => {
      await expect(imagesOfRun({ dir: run.dir, info })).rejects.toThrow('make or fetch them again');
      const moved = { datasets: `${datasets}.away` };
      expect(await imagesOfRun({ dir: run.dir, info }, undefined, moved)).toBeTypeOf('function');
    });
  });

  it('of a benchmark of one’s own are found by its file and scorer', async () => {
    const path = join(folder, 'my.jsonl');
    const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#f00' } })
      .png()
      .toBuffer();
    await writeFile(join(folder, 'red.png'), png);
    await writeFile(path, '{"image": "red.png", "question": "What color?", "answer": "red"}\n');
    const info = (await readRunInfo(run.dir))!;
    const { fingerprint } = await ownBenchmark(path, 'exact').open(path);
    const own = {
      ...info,
      parts: { ...info.parts, benchmark: 'own', data: fingerprint },
      manifest: { ...info.manifest, options: { suite: 'mini', datasets, data: path, scorer: 'exact' } },
    };
    const find = await imagesOfRun({ dir: run.dir, info: own });
    expect(Buffer.from((await find('red.png'))!)).toEqual(png);
  });
});

describe('view', () => {
  it('writes one page into the run’s folder, each question with its own image', async () => {
    const done = await viewed(run.dir);
    expect(done).toMatchObject({ path: join(run.dir, 'view.html'), questions: 60, images: 10, notes: [] });
    const { data, images: inside } = await readPage(done.path);
    const { strings, questions, images, columns } = data;
    expect(columns.map((column: { condition: string }) => column.condition)).toEqual([
      ...['original', 'permuted-0', 'blank-image'],
    ]);
    for (const [place, column] of columns.entries()) {
      const asked = run.predictions.filter(p => p.condition === columns[place].condition);
      expect(column.score).toEqual(asked.map(p => p.score));
      expect(column.output.map((i: number) => strings[i])).toEqual(asked.map(p => p.output));
      expect(questions.image.map((i: number) => strings[images[i]])).toEqual(asked.map(p => p.image));
    }
    const dataset = await benchmarks['2ds'].open(join(datasets, '2ds'));
    const pixels = (file: Uint8Array) => sharp(file).removeAlpha().raw().toBuffer();
    for await (const { id, load } of dataset.images())
      expect((await pixels(inside.get(id)!)).equals(await pixels(await load()))).toBe(true);
  });

  it('goes without images where there are none, and says why', async () => {
    const out = join(folder, 'bare.html');
    await withOtherData(async () => {
      const { images, notes } = await viewed(run.dir, '--out', out);
      expect(images).toBe(0);
      expect(notes).toEqual([expect.stringContaining(`not in ${join(datasets, '2ds')}`)]);
    });
    expect(await readFile(out, 'utf8')).toContain('<li>Images are not shown: the data of');
    expect(await viewed(run.dir, '--out', out, '--images', 'none')).toMatchObject({ images: 0, notes: [] });
    await expect(vlmSpatial('view', run.dir, '--condition', 'original,another')).rejects.toThrow(
      'there is no "another"; there are: original, permuted-0, blank-image',
    );
  });

  it('puts models, and other programs’ answers to the same questions, side by side', async () => {
    const other = await storeAnswers(join(folder, 'results'), datasets, {
      model: 'Normalize',
      conditions: ['original'],
    });
    const [{ files }] = JSON.parse(await vlmSpatial('score', run.dir, '--export', 'lmms-eval', '--json'));
    const exported = files.find((file: string) => file.includes('/permuted-0/'));
    const out = join(folder, 'several.html');
    const done = await viewed(
      exported,
      run.dir,
      other.dir,
      '--condition',
      'original,as logged',
      '--out',
      out,
    );
    expect(done).toMatchObject({ questions: 60, images: 10, notes: [] });
    const { columns } = (await readPage(out)).data;
    expect(
      columns.map((column: { run: string; condition: string }) => [column.run, column.condition]),
    ).toEqual([
      ['Mini', 'original'],
      ['Normalize', 'original'],
      [expect.stringMatching(/samples_2ds\.jsonl$/), 'as logged'],
    ]);
    expect(columns[2].score).toEqual(
      run.predictions.filter(p => p.condition === 'permuted-0').map(p => p.score),
    );
  });

  it('shows another program’s file alone, for what it tells', async () => {
    const file = join(folder, 'run_samples_gqa.jsonl');
    const line = { doc_id: 0, target: 'red', filtered_resps: 'Red', exact_match: 1, input: 'What colour?' };
    await writeFile(file, `${JSON.stringify(line)}\n`);
    const { path, notes } = await viewed(file);
    expect(path).toBe(`${file}.view.html`);
    expect(notes).toEqual([
      expect.stringContaining('do not hold them'),
      expect.stringContaining('does not tell which image'),
    ]);
  });
});

describeInChromium('the pages in the browser', () => {
  it('show a run and a comparison of two conditions', async () => {
    const [page, comparison] = [join(folder, 'run.html'), join(folder, 'diff.html')];
    await vlmSpatial('view', run.dir, '--out', page, '--quiet');
    const compared = ['diff', run.dir, '--condition', 'original,permuted-0', '--html', comparison];
    const { diff, files } = JSON.parse(await vlmSpatial(...compared, '--json'));
    expect(files).toEqual([comparison]);
    const chromium = await startChromium();
    try {
      const viewer = await chromium.open(page);
      expect(await countOf(viewer.page)).toBe(60);
      await choose(viewer.page, '#change', 'right → wrong');
      expect(await countOf(viewer.page)).toBe(diff[0].toWrong);
      expect((await sizeOf(viewer.page, '#detail img')).slice(0, 2)).toEqual([128, 128]);

      const differ = await chromium.open(comparison);
      expect(await countOf(differ.page)).toBe(diff[0].toWrong + diff[0].toRight + diff[0].changed);
      const cells = await differ.page.$$eval('table.figures tbody tr:first-child > *', all =>
        all.map(cell => cell.textContent),
      );
      expect(cells.slice(0, 5)).toEqual(['all', '60', '10', '100.00', '66.67']);
      expect(
        await differ.page.$$eval('#questions thead .letter', all => all.map(e => e.textContent)),
      ).toEqual([...['A', 'B']]);
      expect(await textOf(differ.page, '#questions tbody tr .answer:last-child bdi')).toMatch(/^not /);
      expect((await sizeOf(differ.page, '#detail img')).slice(0, 2)).toEqual([128, 128]);
      for (const { requests, said } of [viewer, differ]) expect([requests, said]).toEqual([[], []]);
    } finally {
      await chromium.close();
    }
  });
});

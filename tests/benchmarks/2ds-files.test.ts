import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import { openTwoDs } from '../../src/benchmarks/2ds/dataset.js';
import { twoDs } from '../../src/benchmarks/2ds/index.js';
import { canonicalCategory } from '../../src/benchmarks/2ds/rows.js';
import { make2ds } from '../../src/world/2ds/make.js';

const folder = await mkdtemp(join(tmpdir(), '2ds-files-'));
afterAll(() => rm(folder, { recursive: true }));

const PNG = Uint8Array.from([137, 80, 78, 71]);

/** A file in the authors' columns but not of our making: nested columns as JSON text unless said otherwise. */
async function writeOther(name: string, columns: Partial<Record<string, unknown[]>> = {}): Promise<string> {
  const pairs = [
    { question: 'What color is at the bottom of the image?', answer: 'Red', qa_category: 'Color_absolute' },
    { question: 'Is the circle below the square?', answer: 'Yes', qa_category: 'Shape (relative)' },
  ];
  const data = {
    entry_id: [7],
    test_category: ['3 objects'],
    image_filename: [{ bytes: PNG, path: 'scene_7.png' }],
    objects: ['red circle; blue square; green star'],
    qa_pairs: [JSON.stringify(pairs)],
    ...columns,
  };
  const schema = [
    { name: 'root', num_children: 5 },
    { name: 'entry_id', type: 'INT32' as const, repetition_type: 'OPTIONAL' as const },
    {
      name: 'test_category',
      type: 'BYTE_ARRAY' as const,
      converted_type: 'UTF8' as const,
      repetition_type: 'OPTIONAL' as const,
    },
    { name: 'image_filename', num_children: 2, repetition_type: 'OPTIONAL' as const },
    { name: 'bytes', type: 'BYTE_ARRAY' as const, repetition_type: 'OPTIONAL' as const },
    {
      name: 'path',
      type: 'BYTE_ARRAY' as const,
      converted_type: 'UTF8' as const,
      repetition_type: 'OPTIONAL' as const,
    },
    {
      name: 'objects',
      type: 'BYTE_ARRAY' as const,
      converted_type: 'UTF8' as const,
      repetition_type: 'OPTIONAL' as const,
    },
    {
      name: 'qa_pairs',
      type: 'BYTE_ARRAY' as const,
      converted_type: 'UTF8' as const,
      repetition_type: 'OPTIONAL' as const,
    },
  ];
  const columnData = Object.entries(data).map(
    ([column, values]) => ({ name: column, data: values }) as ColumnSource,
  );
  const path = join(folder, name);
  await writeFile(path, new Uint8Array(parquetWriteBuffer({ schema, columnData })));
  return path;
}

async function imagesOf(path: string) {
  const images = [];
  for await (const image of (await openTwoDs(path)).images()) images.push(image);
  return images;
}

describe('a file of our own', () => {
  it('is opened by its path, by its folder and by its data folder alike', async () => {
    const out = join(folder, 'own');
    const { path } = await make2ds({ out, imagesPerCount: 2 });
    const opened = await Promise.all([path, out, join(out, 'data')].map(place => openTwoDs(place)));
    expect(new Set(opened.map(({ fingerprint }) => fingerprint)).size).toBe(1);
    expect(opened.map(({ imageCount, sampleCount }) => [imageCount, sampleCount])).toEqual([
      [10, 60],
      [10, 60],
      [10, 60],
    ]);
  });

  it('gives the same images each time it is iterated', async () => {
    const { path } = await make2ds({ out: join(folder, 'twice'), imagesPerCount: 2 });
    const dataset = await openTwoDs(path);
    const ids = async () => {
      const seen = [];
      for await (const image of dataset.images()) seen.push([image.id, image.samples.map(({ id }) => id)]);
      return seen;
    };
    expect(await ids()).toEqual(await ids());
  });

  it('is still known as generated when another program re-saved it', async () => {
    const { path } = await make2ds({ out: join(folder, 'resaved'), imagesPerCount: 1, counts: [2] });
    const [row] = await parquetReadObjects({ file: await asyncBufferFromFile(path), utf8: false });
    const resaved = await writeOther('resaved.parquet', {
      image_filename: [row!.image_filename],
      qa_pairs: [JSON.stringify(row!.qa_pairs)],
    });
    expect(await openTwoDs(resaved)).toMatchObject({
      title: '2DS (generated)',
      split: 'generated, seed 0, counts 2, imagesPerCount 1',
    });
  });

  it('refuses a split it does not have', async () => {
    const { path } = await make2ds({ out: join(folder, 'split'), imagesPerCount: 1 });
    await expect(twoDs.open(path, { split: 'test' })).rejects.toThrow(
      /found "generated, seed 0, imagesPerCount 1": name/,
    );
  });
});

describe("the authors' file", () => {
  it('is named official and read with its categories under the names of Table 2', async () => {
    const path = await writeOther('official.parquet');
    expect(await openTwoDs(path)).toMatchObject({
      title: '2DS (official)',
      split: 'official',
      imageCount: 1,
      sampleCount: 2,
    });
    const [image] = await imagesOf(path);
    expect(await image!.load()).toEqual(PNG);
    expect(image!.objects).toBeUndefined();
    expect(image!.samples).toEqual([
      {
        id: '7-0',
        question: 'What color is at the bottom of the image?',
        targets: ['Red'],
        category: 'color.abs',
        labels: { form: 'open', testCategory: '3 objects', objects: 3 },
      },
      {
        id: '7-1',
        question: 'Is the circle below the square?',
        targets: ['Yes'],
        category: 'shape.rel',
        labels: { form: 'yesno', testCategory: '3 objects', objects: 3 },
      },
    ]);
    expect(twoDs.chanceFloor!(image!.samples)).toBeCloseTo((1 / 3 + 1 / 2) / 2, 12);
  });

  it('may hold its questions as a struct of lists, and its objects as a list', async () => {
    const path = await writeOther('columns.parquet', {
      test_category: ['mixed'],
      objects: [JSON.stringify(['red circle', 'blue square', 'green star', 'pink heart'])],
      qa_pairs: [JSON.stringify({ question: ['Q1?', 'Q2?'], answer: ['a', 'b'], qa_category: ['x', 'y'] })],
    });
    const [image] = await imagesOf(path);
    expect(image!.samples.map(({ question, targets, category }) => [question, targets[0], category])).toEqual(
      [
        ['Q1?', 'a', 'x'],
        ['Q2?', 'b', 'y'],
      ],
    );
    expect(image!.samples[0]!.labels.objects).toBe(4);
  });

  it('has no chance floor where the number of objects is unknown', async () => {
    const path = await writeOther('unknown.parquet', { test_category: ['mixed'] });
    const [image] = await imagesOf(path);
    expect(twoDs.chanceFloor!(image!.samples)).toBeNaN();
  });
});

describe('a folder with several', () => {
  it('asks which is meant, and opens the one named', async () => {
    const both = join(folder, 'both');
    const { path } = await make2ds({ out: join(folder, 'one'), seed: 1, imagesPerCount: 1 });
    await mkdir(both);
    await copyFile(path, join(both, 'ours.parquet'));
    await copyFile(await writeOther('theirs.parquet'), join(both, 'theirs.parquet'));
    await expect(openTwoDs(both)).rejects.toThrow(
      /"generated, seed 1, imagesPerCount 1", "official": name one/,
    );
    expect(await openTwoDs(both, { split: 'official' })).toMatchObject({
      title: '2DS (official)',
      imageCount: 1,
    });
  });
});

describe('what is not 2DS', () => {
  it.each([
    ['nothing there', join('no', 'such', 'place'), /found nothing there/],
    ['an empty folder', 'empty', /expected 2DS's parquet file at .*found no files/],
    ['another kind of file', 'text.parquet', /expected a whole parquet file at/],
    ['no questions', 'no-questions.parquet', /row 0, found another at qa_pairs/],
  ])('is refused: %s', async (_, place, message) => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    await writeFile(join(folder, 'text.parquet'), 'not parquet at all');
    await writeOther('no-questions.parquet', { qa_pairs: ['[]'] });
    await expect(openTwoDs(join(folder, place))).rejects.toThrow(message);
  });

  it('is refused when it is opened: an image without bytes, and no file of its name', async () => {
    const path = await writeOther('no-bytes.parquet', { image_filename: [{ bytes: null, path: 'x.png' }] });
    await expect(openTwoDs(path)).rejects.toThrow(/as "x.png" below .*; found none for 1 of 1: "7"/);
    const neither = await writeOther('neither.parquet', { image_filename: [{ bytes: null, path: null }] });
    await expect(openTwoDs(neither)).rejects.toThrow(
      /in every row of column "image_filename" of neither.parquet, found neither bytes nor a path in row 0/,
    );
  });
});

it.each([
  ['color.abs', 'color.abs'],
  ['Color.abs', 'color.abs'],
  ['colour_relative', 'color.rel'],
  ['Shape_color.rel', 'shape_color.rel'],
  ['shape color absolute', 'shape_color.abs'],
  ['relative position: shape', 'shape.rel'],
  ['counting', 'counting'],
  ['color', 'color'],
])('category %s is %s', (spelled, canonical) => {
  expect(canonicalCategory(spelled)).toBe(canonical);
});

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { benchmarks } from '../../src/benchmarks/index.js';
import { UserError } from '../../src/errors.js';
import { everything, imagesOf } from './expected.js';

/** Parquet as other programs write it; `parity/make_parquet_fixtures.py` makes it. */
const fixture = (path: string): string =>
  fileURLToPath(new URL(`../../parity/fixtures/parquet/${path}`, import.meta.url));

/** By file, the hashes of the images that Hugging Face's `datasets` reads out of it. */
const expected: Record<string, string[]> = JSON.parse(readFileSync(fixture('expected.json'), 'utf8')).images;

const readers = ['pope', 'vqav2', 'gqa', 'cvbench', '2ds'] as const;
const files = Object.keys(expected);

test.each(files)('%s has the images that datasets reads', async file => {
  const reader = readers.find(name => file.includes(`/${name}/`))!;
  const folder = fixture(file.slice(0, file.indexOf(`/${reader}/`) + reader.length + 1));
  const { images } = await everything(await benchmarks[reader].open(folder));
  expect(images.map(({ sha256 }) => sha256)).toEqual(expected[file]);
});

test('every codec is tried with every reader', () => {
  for (const codec of ['none', 'snappy', 'gzip', 'brotli', 'lz4', 'zstd'])
    for (const reader of readers)
      expect(files.some(file => file.startsWith(`codecs/${codec}/${reader}/`))).toBe(true);
});

describe('values', () => {
  const samplesIn = async (reader: (typeof readers)[number], folder: string) =>
    (await imagesOf(await benchmarks[reader].open(fixture(folder)))).flatMap(({ samples }) => samples);

  test('POPE: yes and no however they are written', async () => {
    const samples = await samplesIn('pope', 'codecs/zstd/pope');
    expect(samples.map(({ targets }) => targets[0])).toEqual(['yes', 'no', 'yes', 'no', 'yes', 'no']);
  });

  test.each(['structs', 'lists', 'json', 'words'])("VQAv2's answers as %s are ten", async layout => {
    const samples = await samplesIn('vqav2', `answers/${layout}/vqav2`);
    for (const { targets } of samples)
      expect(targets).toEqual([...Array(3).fill(['three', '3', 'two']).flat(), 'four']);
    expect(samples.map(({ id }) => id).slice(0, 2)).toEqual(['9007199254740993', '9007199254740994']);
  });

  test('whole numbers as answers and ids', async () => {
    expect((await samplesIn('vqav2', 'answers/numbers/vqav2'))[0]!.targets).toEqual(Array(10).fill('3'));
    expect((await samplesIn('gqa', 'codecs/gzip/gqa')).map(({ id, targets }) => [id, targets[0]])).toEqual(
      [1, 2, 3, 4, 5, 6].map(i => [String(i + 6), String(i)]),
    );
    const [first, second] = await samplesIn('cvbench', 'codecs/brotli/cvbench');
    expect([first!.choices, first!.targets, second!.targets]).toEqual([['3', '1', '2'], ['(A)'], ['(B)']]);
  });
});

test.each([
  ['pixels', /column "image" of test.parquet as bytes, as base64 or as paths of files, found lists/],
  ['numbers', /found values of type INT64/],
  ['fields', /found fields "width"/],
  ['null', /every row of column "image" of test.parquet, found neither bytes nor a path in row 5/],
])('images as %s are refused by name when the data are opened', async (form, message) => {
  await expect(benchmarks.pope.open(fixture(`images-refused/${form}/pope`))).rejects.toThrow(message);
});

describe('images that are paths', () => {
  test('are missed when the data are opened, all of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'paths-'));
    await cp(fixture('images/paths/pope/test.parquet'), join(folder, 'test.parquet'));
    await expect(benchmarks.pope.open(folder)).rejects.toThrow(
      /as "imgs\/0.png" below .*; found none for 6 of 6: "COCO_val2014_000000000000" \(question random:0\), .*--images/,
    );
    const dataset = await benchmarks.pope.open(folder, { images: fixture('images/paths/pope') });
    expect((await everything(dataset)).images).toHaveLength(6);
    await rm(folder, { recursive: true });
  });

  test('lead nowhere else', async () => {
    const { parquetWriteFile } = await import('hyparquet-writer');
    const folder = await mkdtemp(join(tmpdir(), 'paths-'));
    const text = (name: string, value: string) => ({ name, data: [value], type: 'STRING' as const });
    const columns = ['question_id', 'question', 'image_source', 'category'].map(name => text(name, 'x'));
    for (const path of ['/etc/passwd', '../x.png', 'a/../../x.png']) {
      const filename = join(folder, 'test.parquet');
      parquetWriteFile({ filename, columnData: [...columns, text('answer', 'no'), text('image', path)] });
      await expect(benchmarks.pope.open(folder)).rejects.toThrow(/path of an image below/);
    }
    await rm(folder, { recursive: true });
  });
});

describe('a flipped bit', () => {
  test('in a page with a checksum is refused, wherever it lies', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'flipped-'));
    let refused = 0;
    for (const kind of ['zstd-crc', 'none-crc', 'snappy-crc-v2']) {
      const sound = fixture(`pages/${kind}/pope/test.parquet`);
      const whole = await everything(await benchmarks.pope.open(dirname(sound)));
      const bytes = await readFile(sound);
      const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
      for (let at = 4; at < footer; at += 491) {
        const flipped = Buffer.from(bytes);
        flipped[at]! ^= 1 << (at % 8);
        await writeFile(join(folder, 'test.parquet'), flipped);
        const read = await benchmarks.pope
          .open(folder)
          .then(everything)
          .catch((error: unknown) => error);
        if (read instanceof Error) {
          expect(read).toBeInstanceOf(UserError);
          refused++;
        } else expect(read).toEqual(whole); // it lay in a header's or an index's spare parts
      }
    }
    expect(refused).toBeGreaterThan(40);
    await rm(folder, { recursive: true });
  });
});

test('images keep their hashes whatever the window', async () => {
  const dataset = await benchmarks.pope.open(fixture('pages/zstd-crc/pope'));
  const images = await imagesOf(dataset);
  const last = createHash('sha256')
    .update(await images.at(-1)!.load())
    .digest('hex');
  expect(last).toBe(expected['pages/zstd-crc/pope/test.parquet']!.at(-1));
});

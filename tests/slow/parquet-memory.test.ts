import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { afterAll, expect, test } from 'vitest';
import { vqav2 } from '../../src/benchmarks/vqav2.js';

const folder = await mkdtemp(join(tmpdir(), 'large-'));
afterAll(() => rm(folder, { recursive: true }));

const MIB = 2 ** 20;
const IMAGE_BYTES = 200_000;
const QUESTIONS_PER_IMAGE = 5;

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 4 },
  { name: 'question_id', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'image_id', type: 'INT64', repetition_type: 'REQUIRED' },
  { name: 'question', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
  { name: 'image', num_children: 1, repetition_type: 'OPTIONAL' },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
];

/** An image's bytes begin with its id; each of its questions repeats them, as in the published file. */
const imageBytes = (id: number): Uint8Array => {
  const bytes = Buffer.alloc(IMAGE_BYTES, id);
  bytes.writeUInt32LE(id);
  return bytes;
};

async function writeLarge(path: string, groups: number, rowsPerGroup: number): Promise<void> {
  const writer = new ParquetWriter({ writer: fileWriter(path), schema: SCHEMA, codec: 'UNCOMPRESSED' });
  for (let group = 0; group < groups; group++) {
    const rows = Array.from({ length: rowsPerGroup }, (_, i) => group * rowsPerGroup + i);
    const imageOf = (row: number) => Math.floor(row / QUESTIONS_PER_IMAGE);
    await writer.write({
      columnData: [
        { name: 'question_id', data: rows.map(BigInt) },
        { name: 'image_id', data: rows.map(row => BigInt(imageOf(row))) },
        { name: 'question', data: rows.map(row => `What is in row ${row}?`) },
        { name: 'image', data: rows.map(row => ({ bytes: imageBytes(imageOf(row)) })), encoding: 'PLAIN' },
      ],
      rowGroupSize: rowsPerGroup,
    });
  }
  await writer.finish();
}

/** Reads everything; the most that buffers held at any image, over what they held before, in bytes. */
async function peakOfReading(path: string): Promise<{ peak: number; images: number; questions: number }> {
  const before = process.memoryUsage().arrayBuffers;
  const dataset = await vqav2.open(path);
  let peak = process.memoryUsage().arrayBuffers - before;
  let images = 0;
  for await (const { id, load } of dataset.images()) {
    const bytes = await load();
    expect([bytes.length, Buffer.from(bytes).readUInt32LE()]).toEqual([IMAGE_BYTES, Number(id)]);
    peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    images++;
  }
  return { peak, images, questions: dataset.sampleCount };
}

test('a file of more than 1 GB is read a row group at a time', async () => {
  const path = join(folder, 'groups');
  await mkdir(path);
  const file = join(path, 'validation-00000-of-00001.parquet');
  await writeLarge(file, 56, 100);
  expect((await stat(file)).size).toBeGreaterThan(2 ** 30);
  const { peak, images, questions } = await peakOfReading(path);
  expect([images, questions]).toEqual([1120, 5600]);
  expect(peak).toBeLessThan(128 * MIB); // a row group has 20 MB; left ones wait for the garbage collector
});

test('a single row group of 400 MB is read a part at a time by its page index', async () => {
  const path = join(folder, 'pages');
  await mkdir(path);
  await writeLarge(join(path, 'validation-00000-of-00001.parquet'), 1, 2000);
  const { peak, images } = await peakOfReading(path);
  expect(images).toBe(400);
  expect(peak).toBeLessThan(256 * MIB);
});

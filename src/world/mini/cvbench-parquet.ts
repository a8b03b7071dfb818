import { parquetWriteBuffer, type SchemaElement } from 'hyparquet-writer';

/** A line of `test_2d.jsonl`: CV-Bench's columns but the image. */
export interface CvBenchRow {
  readonly idx: number;
  readonly type: '2D';
  readonly task: string;
  readonly question: string;
  readonly choices: readonly string[];
  /** The right choice's letter in brackets: `(C)`. */
  readonly answer: string;
  readonly prompt: string;
  readonly filename: string;
  readonly source: string;
  readonly source_dataset: string;
  readonly source_filename: string | null;
  readonly target_class: string | null;
  readonly target_size: number | null;
  readonly bbox: null;
}

const ROWS_PER_GROUP = 100;

const optional = (name: string, rest: Omit<SchemaElement, 'name'>): SchemaElement => ({
  name,
  repetition_type: 'OPTIONAL',
  ...rest,
});
const text = (name: string) => optional(name, { type: 'BYTE_ARRAY', converted_type: 'UTF8' });
const list = (name: string, element: readonly SchemaElement[]): SchemaElement[] => [
  optional(name, { num_children: 1, converted_type: 'LIST' }),
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];

const TEXT_COLUMNS = [
  'answer',
  'prompt',
  'filename',
  'source',
  'source_dataset',
  'source_filename',
  'target_class',
] as const;

/** CV-Bench's fifteen columns in its own order; `bbox`, which only its 3D part has, is a list of lists of numbers. */
const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 15 },
  optional('idx', { type: 'INT64' }),
  text('type'),
  text('task'),
  optional('image', { num_children: 2 }),
  optional('bytes', { type: 'BYTE_ARRAY' }),
  text('path'),
  text('question'),
  ...list('choices', [text('element')]),
  ...TEXT_COLUMNS.map(text),
  optional('target_size', { type: 'INT64' }),
  ...list('bbox', list('element', [optional('element', { type: 'DOUBLE' })])),
];

const value = (dtype: string) => ({ dtype, _type: 'Value' });
const listOf = (feature: object) => ({ feature, _type: 'List' });

/** The same columns as `datasets` describes them in a file's metadata, so that it decodes the images. */
const FEATURES = {
  idx: value('int64'),
  type: value('string'),
  task: value('string'),
  image: { _type: 'Image' },
  question: value('string'),
  choices: listOf(value('string')),
  ...Object.fromEntries(TEXT_COLUMNS.map(name => [name, value('string')])),
  target_size: value('int64'),
  bbox: listOf(listOf(value('float64'))),
};

/** `test_2d.parquet`: the rows with their images, which `imageAt` gives by file name. */
export async function cvBenchParquet(
  rows: readonly CvBenchRow[],
  imageAt: (filename: string) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  const images = await Promise.all(
    rows.map(async ({ filename }) => ({
      bytes: await imageAt(filename),
      path: filename.slice(filename.lastIndexOf('/') + 1),
    })),
  );
  const column = (name: keyof CvBenchRow) => ({ name, data: rows.map(row => row[name]) as unknown[] });
  const bytes = parquetWriteBuffer({
    schema: SCHEMA,
    columnData: [
      { name: 'idx', data: rows.map(({ idx }) => BigInt(idx)) },
      column('type'),
      column('task'),
      { name: 'image', data: images, codec: 'UNCOMPRESSED', statistics: false }, // JPEG is compressed already
      column('question'),
      column('choices'),
      ...TEXT_COLUMNS.map(column),
      column('target_size'),
      column('bbox'),
    ],
    rowGroupSize: ROWS_PER_GROUP,
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features: FEATURES } }) }],
    createdBy: 'vlm-spatial',
  });
  return new Uint8Array(bytes);
}

import type { KeyValue, SchemaElement } from 'hyparquet-writer';

/** Where the file lies in its folder: the authors' layout, which `datasets.load_dataset(folder)` reads as well. */
export const TWO_DS_FILE = 'data/train-00000-of-00001.parquet';

const group = (name: string, children: number): SchemaElement => ({
  name,
  num_children: children,
  repetition_type: 'OPTIONAL',
});
const leaf = (name: string, type: NonNullable<SchemaElement['type']>): SchemaElement => ({
  name,
  type,
  repetition_type: 'OPTIONAL',
});
const text = (name: string): SchemaElement => ({ ...leaf(name, 'BYTE_ARRAY'), converted_type: 'UTF8' });
const list = (name: string, fields: readonly SchemaElement[]): SchemaElement[] => [
  { ...group(name, 1), converted_type: 'LIST' },
  { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
  group('element', fields.length),
  ...fields,
];

/** The authors' columns; `image_filename` is an image column of Hugging Face's `datasets`: a struct of bytes and path. */
export const PARQUET_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: 5 },
  leaf('entry_id', 'INT64'),
  text('test_category'),
  group('image_filename', 2),
  leaf('bytes', 'BYTE_ARRAY'),
  text('path'),
  ...list('objects', [
    text('shape'),
    text('color'),
    leaf('x', 'DOUBLE'),
    leaf('y', 'DOUBLE'),
    leaf('radius', 'DOUBLE'),
  ]),
  ...list('qa_pairs', [text('question'), text('answer'), text('qa_category')]),
];

const value = (dtype: string) => ({ dtype, _type: 'Value' });
const string = value('string');
const pixels = value('float64');

/** The same columns as `datasets` describes them in a file's metadata, so that it decodes the images. */
const FEATURES = {
  entry_id: value('int64'),
  test_category: string,
  image_filename: { _type: 'Image' },
  objects: [{ shape: string, color: string, x: pixels, y: pixels, radius: pixels }],
  qa_pairs: [{ question: string, answer: string, qa_category: string }],
};

/** The key–value metadata under which `datasets` keeps its description. */
export const FILE_METADATA: KeyValue[] = [
  { key: 'huggingface', value: JSON.stringify({ info: { features: FEATURES } }) },
];

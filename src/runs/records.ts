import { z } from 'zod';
import { crc32, crcText } from '../crc32.js';
import type { Measurement, Prediction, RunRecord } from '../records/prediction.js';

/** What a run's lines are, and the file they are in. */
export interface RecordFormat<R extends RunRecord> {
  readonly file: string;
  readonly schema: z.ZodType<R>;
}

const measures = z.record(z.string(), z.union([z.number(), z.array(z.number())]));

const shared = {
  id: z.string(),
  image: z.string(),
  condition: z.string(),
  category: z.string(),
  labels: z.record(z.string(), z.union([z.string(), z.number()])),
  question: z.string(),
  promptHash: z.string(),
};

/** Questions answered. A score that is not known (NaN) is null on disk. */
export const predictionRecords: RecordFormat<Prediction> = {
  file: 'predictions.jsonl',
  schema: z.strictObject({
    ...shared,
    targets: z.array(z.string()),
    choices: z.array(z.string()).exactOptional(),
    output: z.string(),
    answer: z.string(),
    score: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .transform(score => score ?? Number.NaN),
    margin: z.number().min(0),
    measures: measures.exactOptional(),
    did: z.array(z.strictObject({ kind: z.string(), did: z.record(z.string(), z.json()) })).exactOptional(),
  }),
};

/** Observations without an answer. */
export const measurementRecords: RecordFormat<Measurement> = {
  file: 'measurements.jsonl',
  schema: z.strictObject({ ...shared, measures }),
};

const unitPosition = z.looseObject({ unit: z.tuple([z.int().min(1), z.int().min(1)]) });

/** A line's record, and its place in its unit: the `part`-th of `of` lines. */
export interface Line<R> {
  readonly record: R;
  readonly part: number;
  readonly of: number;
}

/**
 * The lines of one unit (one image under one condition), newline-terminated, each sealed (see `seal`). Fields stand in the schema's
 * order, so equal records give equal bytes. Throws where a record is not what the format says, or the unit is empty or mixed.
 */
export function encodeUnit<R extends RunRecord>(format: RecordFormat<R>, records: readonly R[]): string {
  const [first] = records;
  if (!first) throw new RangeError('encodeUnit: a unit has at least one record');
  return records
    .map((record, i) => {
      if (record.image !== first.image || record.condition !== first.condition)
        throw new RangeError(
          `encodeUnit: one unit is one image under one condition, got ${record.image}, ${record.condition} after ${first.image}, ${first.condition}`,
        );
      const plain = format.schema.parse(JSON.parse(JSON.stringify(record)));
      return `${seal(JSON.stringify({ unit: [i + 1, records.length], ...plain }))}\n`;
    })
    .join('');
}

/**
 * A line of JSON with its checksum as the last key: the CRC-32 of its bytes (UTF-8) without that key. A flipped bit that leaves
 * valid JSON would else be taken for data.
 */
const seal = (json: string): string => `${json.slice(0, -1)},"crc32":"${crcText(crc32(Buffer.from(json)))}"}`;

/** The line without its checksum; of an older run, which has none, as it is. Throws an Error where the two do not agree. */
function unsealed(text: string): string {
  const [, json, sealed] = /^(.*),"crc32":"([0-9a-f]{8})"}$/s.exec(text) ?? [];
  if (json === undefined) return text;
  const found = crcText(crc32(Buffer.from(`${json}}`)));
  if (found !== sealed) throw new Error(`CRC-32 ${sealed} expected, ${found} found`);
  return `${json}}`;
}

/** The reverse of `encodeUnit`, for one line. Throws an Error that says what is wrong with it. */
export function decodeLine<R extends RunRecord>(format: RecordFormat<R>, text: string): Line<R> {
  const json: unknown = JSON.parse(unsealed(text));
  const { unit, ...fields } = checked(unitPosition, json);
  return { record: checked(format.schema, fields), part: unit[0], of: unit[1] };
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new Error(
    result.error.issues
      .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
      .join('; '),
  );
}

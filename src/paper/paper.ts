import { z } from 'zod';
import { PAPER_FILES, readPaperFile } from './paper-file.js';

/** A number of the paper's, as printed and as a number; Tables 2 and 3 print the difference from the baseline in brackets. */
const valueSchema = z
  .strictObject({ printed: z.string(), value: z.number(), difference: z.number().exactOptional() })
  .refine(
    ({ printed, value, difference }) => {
      const [, first, second] = /^(\S+)(?: \((\S+)\))?$/.exec(printed) ?? [];
      return Number(first) === value && (second === undefined ? undefined : Number(second)) === difference;
    },
    { error: 'what is printed is another number than the value or the difference' },
  );

const label = z.strictObject({ key: z.string(), label: z.string() });

const tableSchema = z.strictObject({
  title: z.string(),
  where: z.string(),
  unit: z.string(),
  better: z.enum(['higher', 'lower']).nullable(),
  columns: z.array(label),
  rows: z.array(label.extend({ cells: z.record(z.string(), valueSchema) })),
});

const paperSchema = z.strictObject({
  about: z.string(),
  source: z.strictObject({ title: z.string(), authors: z.string(), version: z.string() }),
  notes: z.array(z.string()),
  /** By `table1` … `table5`. */
  tables: z.record(z.string(), tableSchema),
  /** Numbers from the text and the figures, by what they are about. */
  statements: z.record(
    z.string(),
    z.strictObject({ printed: z.string(), value: z.number(), where: z.string(), what: z.string() }),
  ),
});

/** The paper's own numbers: reference data, none of it measured by this project. */
export type Paper = Readonly<z.infer<typeof paperSchema>>;

/** One of the paper's numbers. */
export type PaperValue = Readonly<z.infer<typeof valueSchema>>;

/** Reads the paper's numbers, validated; UserError where the file was damaged. */
export const readPaper = (file: URL = new URL('tables.json', PAPER_FILES)): Paper =>
  readPaperFile(file, paperSchema, 'numbers');

/**
 * A cell of one of the paper's tables; undefined where the paper has no such row or column (our extra benchmarks have
 * none). RangeError on a table the paper has not.
 * @param table `table1` … `table5`
 * @param row `gqa`, `color.abs`, …
 * @param column `permuted`, `normalize`, …
 */
export function paperCell(paper: Paper, table: string, row: string, column: string): PaperValue | undefined {
  const found = paper.tables[table];
  if (!found) throw new RangeError(`paperCell: the paper has no ${table}`);
  return found.rows.find(({ key }) => key === row)?.cells[column];
}

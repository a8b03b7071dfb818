import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, UserError } from '../errors.js';

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

const FILE = new URL('../../configs/paper/tables.json', import.meta.url);

/** Reads the paper's numbers, validated; UserError where the file was damaged. */
export function readPaper(file: URL = FILE): Paper {
  try {
    return paperSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const what =
      error instanceof z.ZodError ? z.prettifyError(error).replaceAll(/\s+/g, ' ') : messageOf(error);
    throw new UserError(
      `${file.pathname} does not hold the paper's numbers (${what}): install the package again`,
    );
  }
}

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

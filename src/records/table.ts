/** A value in a table; null where there is none (an empty field, never a 0). */
export type Cell = string | number | boolean | null;

/**
 * How a column's cells are written.
 *
 * `text`: free text that people or models wrote (questions, outputs), cut on a terminal where it is long. `decimals`: a number with so many decimals, `signed` with its plus sign. Without a format a cell is written
 * as it is, a number in full precision.
 */
export type Format = 'text' | { readonly decimals: number; readonly signed?: boolean };

export interface Column {
  /** The row's property this column shows. */
  readonly key: string;
  /** As the header prints it, e.g. `+ Normalize`. */
  readonly label: string;
  readonly format?: Format;
}

export type Row = Readonly<Record<string, Cell>>;

/** A table as data: experiments make it, the report writes it. */
export interface Table {
  /** File name without extension, e.g. `table1` or `table1-long`. */
  readonly name: string;
  /** What it shows, in one line; names the suite, benchmark and split where its rows do not. */
  readonly title: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  /** The same for a terminal, where the file keeps to the paper's columns: with intervals and tests beside them. */
  readonly shown?: Pick<Table, 'columns' | 'rows'>;
}

/** Whether a table is narrow enough to be read where it is shown; the others are for reading in their files. */
export const isNarrow = ({ columns }: Table): boolean => columns.length <= 10;

/** The columns of a long form: every field of its rows under its own name, in full precision. */
export const columnsOf = (rows: readonly Row[]): Column[] =>
  Object.keys(rows[0] ?? {}).map(key => ({ key, label: key }));

/** A title as part of a table's or figure's name, which is its file's, too. */
export const fileName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

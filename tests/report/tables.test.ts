import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import type { Cell, Format, Table } from '../../src/records/table.js';
import { toCsv, writeTable } from '../../src/report/tables.js';
import { renderTextTable } from '../../src/report/text-table.js';

const table: Table = {
  name: 'table1',
  title: 'Permutation, suite mini',
  columns: [
    { key: 'dataset', label: 'Dataset' },
    { key: 'original', label: 'Original', format: { decimals: 2 } },
    { key: 'difference', label: '+ Difference', format: { decimals: 2, signed: true } },
    { key: 'p', label: 'p' },
    { key: 'example', label: 'Example', format: 'text' },
  ],
  rows: [
    {
      dataset: 'GQA',
      original: 61.36,
      difference: -2.741,
      p: 0.0000999900009999,
      example: 'a "cat", or\ntwo',
    },
    { dataset: 'POPE, popular', original: 87.3, difference: 0.5, p: 1, example: null },
  ],
};

/** The CSV of a single cell, without its header and line end. */
const cellOf = (cell: Cell, format?: Format): string => {
  const columns = [{ key: 'x', label: 'x', ...(format && { format }) }];
  return parse(toCsv({ name: 't', title: '', columns, rows: [{ x: cell }] }), {
    skip_empty_lines: false,
  })[1]![0]!;
};

describe('toCsv', () => {
  it('writes labels, then rows as the columns format them', () => {
    expect(toCsv(table)).toBe(
      [
        'Dataset,Original,+ Difference,p,Example',
        'GQA,61.36,-2.74,0.0000999900009999,"a ""cat"", or\ntwo"',
        '"POPE, popular",87.30,+0.50,1,',
        '',
      ].join('\n'),
    );
  });

  it.each([
    [0.125, { decimals: 2 }, '0.13'],
    [-0.125, { decimals: 2 }, '-0.13'],
    [-0.001, { decimals: 2 }, '0.00'],
    [-0.001, { decimals: 2, signed: true }, '0.00'],
    [0.004, { decimals: 2, signed: true }, '0.00'],
    [8.4, { decimals: 2, signed: true }, '+8.40'],
    [-0, { decimals: 1 }, '0.0'],
    [12578, { decimals: 0 }, '12578'],
    [Number.NaN, { decimals: 2 }, ''],
    [Number.NaN, undefined, ''],
    [null, { decimals: 2 }, ''],
    [true, undefined, 'true'],
    [1 / 3, undefined, '0.3333333333333333'],
    ['79.60', { decimals: 2 }, '79.60'],
  ] as const)('writes %s with %o as %j', (cell, format, expected) => {
    expect(cellOf(cell, format)).toBe(expected);
  });

  it.each(['=1+1', '+cmd', '-cmd|x', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '=', '-1+2', '＝1+1'])(
    'guards free text that a spreadsheet would run: %j',
    text => {
      expect(cellOf(text, 'text')).toBe(`'${text}`);
    },
  );

  it.each(['-0.85', '+3', '-7', 'a=b', '', 'red', '"quoted", indeed', '1-2', 'ünïcode 😀', 'two\r\nlines'])(
    'leaves harmless free text as it is: %j',
    text => {
      expect(cellOf(text, 'text')).toBe(text);
    },
  );

  it.each(['=1+1', '+cmd', '-cmd|x', '@SUM(A1)', "+ cmd|' /C calc'!A0", ' =1+1', '+ SUM(A1)'])(
    'guards text in any column, and in headers: %j',
    text => {
      expect(cellOf(text)).toBe(`'${text}`);
      const headed = { ...table, columns: [{ key: 'a', label: text }], rows: [] };
      expect(parse(toCsv(headed))[0]).toEqual([`'${text}`]);
    },
  );

  it('does not touch what the program itself wrote', () => {
    expect(cellOf('+ Normalize')).toBe('+ Normalize');
    expect(cellOf('+ Normalize + Multilayer')).toBe('+ Normalize + Multilayer');
    expect(cellOf(-0.85)).toBe('-0.85');
    expect(cellOf('-0.85')).toBe('-0.85');
  });

  it('loses nothing: a field without a column is an error', () => {
    expect(() => toCsv({ ...table, rows: [{ dataset: 'GQA', accuracy: 1 }] })).toThrow(
      /no column .* "accuracy"/,
    );
  });
});

describe('writeTable', () => {
  let dir = '';
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-tables-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  it('writes UTF-8 to a file named after the table, in a folder it makes, and replaces it', async () => {
    const tables = join(dir, 'mini', 'tables');
    const path = await writeTable(tables, { ...table, rows: [{ dataset: 'Größe ≥ 2 😀' }] });
    expect(path).toBe(join(tables, 'table1.csv'));
    expect((await readFile(path, 'utf8')).split('\n')[1]).toBe('Größe ≥ 2 😀,,,,');
    await writeTable(tables, table);
    expect(await readFile(path, 'utf8')).toBe(toCsv(table));
    expect(await readdir(tables)).toEqual(['table1.csv']);
  });

  it('leaves the old table where there is no room for the new one, and nothing beside it', async () => {
    const path = await writeTable(dir, table);
    const before = await readFile(path, 'utf8');
    const program = `import { writeTable } from ${JSON.stringify(join(process.cwd(), 'dist/report/tables.js'))};
      const rows = [{ dataset: 'x'.repeat(300_000) }];
      await writeTable(${JSON.stringify(dir)}, { ...${JSON.stringify(table)}, rows });`;
    // The kernel takes a part of the write that crosses the limit, then refuses.
    const script = 'ulimit -f 60; exec "$0" --input-type=module -e "$1"';
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, program]);
    expect(status, String(stderr)).not.toBe(0);
    expect(String(stderr)).toContain('table1.csv cannot be written (EFBIG');
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(dir)).toEqual(['table1.csv']);
  });

  it('passes on what is wrong with the table itself', async () => {
    await expect(writeTable(dir, { ...table, rows: [{ accuracy: 1 }] })).rejects.toThrow(RangeError);
  });

  it('says in one line that it cannot write', async () => {
    await writeFile(join(dir, 'file'), '');
    const error = await writeTable(join(dir, 'file'), table).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toMatch(/table1\.csv cannot be written \(.+\): choose a folder/);
  });
});

describe('renderTextTable', () => {
  it('aligns words left and numbers right', () => {
    expect(renderTextTable({ ...table, columns: table.columns.slice(0, 4) })).toBe(
      [
        'Permutation, suite mini',
        '',
        'Dataset        Original  + Difference           p',
        '─────────────  ────────  ────────────  ──────────',
        'GQA               61.36         -2.74  0.00009999',
        'POPE, popular     87.30         +0.50           1',
        '',
      ].join('\n'),
    );
  });

  const columns = [
    { key: 'output', label: 'Output', format: 'text' },
    { key: 'n', label: 'n' },
  ] as const;
  const lines = (output: string) =>
    renderTextTable({ name: 't', title: 't', columns, rows: [{ output, n: 1 }] }).split('\n');

  it('lets no output move the cursor, break a line or run wide', () => {
    expect(lines('red\u001b[2J\r\n\u009bblue')[4]).toBe('red [2J blue  1');
    expect(lines('x'.repeat(500))[4]).toBe(`${'x'.repeat(59)}…  1`);
    expect(lines('x'.repeat(60))[4]).toBe(`${'x'.repeat(60)}  1`);
  });

  it('shows no mark that turns the direction of writing, and keeps joiners', () => {
    expect(lines('a\u202eb\u2066c\u200fd')[4]).toBe('abcd    1');
    expect(lines('👩\u200d🔬')[4]).toContain('👩\u200d🔬');
  });

  it('counts characters, not code units', () => {
    const [, , , rule, row] = lines('😀😀😀😀😀😀😀');
    expect(rule).toBe(`${'─'.repeat(7)}  ─`);
    expect(row).toBe('😀😀😀😀😀😀😀  1');
  });

  it('has a header even without rows', () => {
    expect(renderTextTable({ ...table, rows: [] }).split('\n')[2]).toBe(
      'Dataset  Original  + Difference  p  Example',
    );
  });
});

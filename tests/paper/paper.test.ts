import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { paperCell, readPaper } from '../../src/paper/paper.js';

const paper = readPaper();
const value = (table: string, row: string, column: string) => paperCell(paper, table, row, column)!.value;

describe("the paper's numbers", () => {
  // Sums and differences that the paper itself prints tie its numbers together: a slip in one of them shows.
  it('Table 1: the difference is permuted less original', () => {
    for (const { key } of paper.tables.table1!.rows)
      expect(value('table1', key, 'difference')).toBeCloseTo(
        value('table1', key, 'permuted') - value('table1', key, 'original'),
        9,
      );
  });

  it('Tables 2 and 3: the difference in brackets is from the baseline, but for one misprint', () => {
    const misprints: string[] = [];
    for (const name of ['table2', 'table3'])
      for (const { key, cells } of paper.tables[name]!.rows)
        for (const [column, cell] of Object.entries(cells)) {
          if (column === 'baseline') expect(cell.difference).toBeUndefined();
          else if (Math.abs(cell.value - cells.baseline!.value - cell.difference!) > 1e-9)
            misprints.push(`${name} ${key} ${column} ${cell.printed}`);
        }
    expect(misprints).toEqual(['table3 gqa multilayer 62.52 (+1.05)']);
  });

  it('Table 2: overall is the mean of the six categories', () => {
    for (const column of ['baseline', 'normalize', 'multilayer']) {
      const rows = paper.tables.table2!.rows.filter(({ key }) => key !== 'overall');
      expect(rows).toHaveLength(6);
      const mean = rows.reduce((sum, { cells }) => sum + cells[column]!.value, 0) / 6;
      expect(value('table2', 'overall', column)).toBeCloseTo(mean, 2);
    }
  });

  it('keeps what tables disagree on, and trailing zeros, as printed', () => {
    expect(paperCell(paper, 'table1', 'gqa', 'original')).toEqual({ printed: '61.36', value: 61.36 });
    expect(paperCell(paper, 'table3', 'gqa', 'baseline')).toEqual({ printed: '61.46', value: 61.46 });
    expect(paperCell(paper, 'table1', 'pope', 'permuted')?.printed).toBe('87.10');
    expect(paperCell(paper, 'table1', 'pope', 'difference')?.printed).toBe('-0.2');
  });

  it('has every cell of every table', () => {
    const shape = Object.entries(paper.tables).map(([name, { rows, columns }]) => {
      for (const { cells } of rows) expect(Object.keys(cells)).toEqual(columns.map(({ key }) => key));
      return [name, rows.length, columns.length];
    });
    expect(shape).toEqual([
      ['table1', 4, 3],
      ['table2', 7, 3],
      ['table3', 4, 3],
      ['table4', 3, 3],
      ['table5', 3, 2],
    ]);
  });

  it('knows no number for what the paper did not measure, and no sixth table', () => {
    expect(paperCell(paper, 'table1', '2ds', 'original')).toBeUndefined();
    expect(() => paperCell(paper, 'table6', 'gqa', 'original')).toThrow(RangeError);
  });
});

describe('readPaper', () => {
  it.each([
    [
      'a value that is not what is printed',
      (text: string) => text.replace('"value": 77.35', '"value": 77.53'),
    ],
    [
      'a bracket that is not the difference',
      (text: string) => text.replace('"difference": 8.4 ', '"difference": 4.8 '),
    ],
    ['no JSON', () => 'table 1'],
  ])('refuses %s', async (_, damage) => {
    const dir = await mkdtemp(join(tmpdir(), 'vlm-spatial-paper-'));
    const text = await readFile(new URL('../../configs/paper/tables.json', import.meta.url), 'utf8');
    expect(damage(text)).not.toBe(text);
    await writeFile(join(dir, 'tables.json'), damage(text));
    const read = () => readPaper(pathToFileURL(join(dir, 'tables.json')));
    expect(read).toThrow(UserError);
    expect(read).toThrow(/does not hold the paper's numbers \(.+\): install/);
    await rm(dir, { recursive: true });
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { inFolder, storeRun, vlmSpatial } from './stored-runs.js';

const tableOf = async (root: string, name: string): Promise<Record<string, string>[]> =>
  parse(await readFile(join(root, 'mini', 'tables', `${name}.csv`), 'utf8'), { columns: true });

describe('report', () => {
  it('rebuilds the tables of the runs at hand', () =>
    inFolder(async root => {
      await storeRun(root);
      await vlmSpatial('report', '--results', root);
      expect(await tableOf(root, 'table1')).toEqual([
        { Dataset: '2DS (generated)', Original: '100.00', Permutation: '50.00', Difference: '-50.00' },
      ]);
    }));

  it('leaves figures and a page with verdicts on the claims', () =>
    inFolder(async root => {
      const dir = await storeRun(root);
      const said = await vlmSpatial('report', '--results', root);
      expect(said).toContain(`report: ${join(root, 'mini', 'report.html')}`);
      const page = await readFile(join(root, 'mini', 'report.html'), 'utf8');
      expect(page).toContain('suite mini');
      expect(page).toContain('tables/table1.csv');
      expect(page).toContain('<svg');
      expect(page).toContain('cannot tell');
      expect(page).toContain(dir.slice(join(root, 'mini').length + 1));
      expect(await readFile(join(root, 'mini', 'figures', 'permutation.svg'), 'utf8')).toContain('50');
    }));

  it('puts other programs’ answers beside ours', () =>
    inFolder(async root => {
      const dir = await storeRun(root);
      const [{ files }] = JSON.parse(await vlmSpatial('score', dir, '--export', 'lmms-eval', '--json'));
      const samples = files.filter((file: string) => file.includes('samples'));
      await vlmSpatial('report', ...samples, '--results', root);
      const rows = await tableOf(root, 'beside');
      // Ours once, in the tokens' own order; of the files all there is.
      expect(rows).toHaveLength(1 + samples.length);
      expect(rows[0]).toMatchObject({ Model: 'Mini', Condition: 'original', Accuracy: '100.00' });
      expect(rows.slice(1).map(row => row.Accuracy)).toContain('50.00');
      const page = await readFile(join(root, 'mini', 'report.html'), 'utf8');
      expect(page).toContain('tables/beside.csv');
    }));

  it('gives chance floors and provenance from what is stored', () =>
    inFolder(async root => {
      const dir = await storeRun(root);
      await vlmSpatial('report', '--results', root);
      const categories = await tableOf(root, 'table1-categories-mini-2ds');
      // Half of the images have two objects, half three: 1/k on absolute, 1/(k − 1) on open relative questions.
      expect(categories.map(row => [row.Category, row['Chance floor']])).toEqual([
        ['color.abs', '41.67'],
        ['color.rel', '75.00'],
      ]);
      const [row] = await tableOf(root, 'table1-long');
      expect(dir.endsWith(`-${row!.run}`)).toBe(true);
      expect(row).toMatchObject({ n: '8', images: '4', weights: 'weights of Mini'.slice(0, 16) });
    }));

  it('takes the settings with most behind them, finished whole runs only, and says what it left out', () =>
    inFolder(async root => {
      const full = await storeRun(root, { images: 6 });
      const limited = await storeRun(root, { images: 1, parts: { limit: 1 }, options: { limit: 1 } });
      const unfinished = await storeRun(root, { images: 8, parts: { seed: 1 }, finish: false });
      const shard = await storeRun(root, { images: 9, shard: { index: 1, count: 2 } });
      const said = await vlmSpatial('report', '--results', root);
      expect(await tableOf(root, 'table1-long')).toMatchObject([{ n: '12' }]);
      expect(said).toContain(`runs: ${full}\n`);
      for (const [dir, why] of [
        [limited, 'it was run with other settings'],
        [unfinished, 'it is not finished'],
        [shard, 'it is a shard'],
      ])
        expect(said).toContain(`left out: ${dir}: ${why}`);
    }));

  it('takes the later of two runs of one model, though its weights changed', () =>
    inFolder(async root => {
      const old = await storeRun(root);
      const wrong = {
        original: () => false,
        'permuted-0': () => false,
        'blank-image': () => false,
        'text-only': () => false,
      };
      await storeRun(root, { parts: { model: 'new weights' }, right: wrong });
      const said = await vlmSpatial('report', '--results', root);
      expect(await tableOf(root, 'table1')).toMatchObject([{ Original: '0.00' }]);
      expect(said).toContain(`left out: ${old}:`);
    }));

  it('prints one JSON value', () =>
    inFolder(async root => {
      const dir = await storeRun(root);
      const [report] = JSON.parse(await vlmSpatial('report', '--results', root, '--json'));
      expect(report).toMatchObject({ experiment: 'permute', suite: 'mini', runs: [dir] });
      expect(report.tables.table1).toMatchObject([{ original: 100, permutation: 50 }]);
    }));

  it('says so where there is nothing', () =>
    inFolder(root => expect(vlmSpatial('report', '--results', root)).rejects.toThrow('no finished run')));
});

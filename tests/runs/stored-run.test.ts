import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRun } from '../../src/runs/open-run.js';
import { measurementRecords, predictionRecords } from '../../src/runs/records.js';
import { listRuns, readRun } from '../../src/runs/stored-run.js';
import { inFolder, runOptions, small, unitOf } from './fixtures.js';

describe('readRun', () => {
  it('reads complete units while the run is still being written', () =>
    inFolder(async root => {
      const run = await openRun(runOptions(root));
      await run.append(unitOf(small, 0, 'original'));
      const { info, records } = await readRun(run.dir, predictionRecords);
      expect(info.finished).toBeNull();
      await run.append(unitOf(small, 1, 'original'));
      const ids = [];
      for await (const { id } of records()) ids.push(id);
      expect(ids).toEqual(['q0-0', 'q1-0', 'q1-1']);
      await run.close();
    }));

  it('refuses a folder without a run, records of another kind, and a finished run that was changed', () =>
    inFolder(async root => {
      await expect(readRun(root, predictionRecords)).rejects.toThrow(/holds no run/);
      const run = await openRun(runOptions(root));
      await run.append(unitOf(small, 0, 'original'));
      await run.finish({});
      await run.close();
      await expect(readRun(run.dir, measurementRecords)).rejects.toThrow(
        /holds predictions\.jsonl where measurements\.jsonl was asked for/,
      );
      await writeFile(join(run.dir, 'predictions.jsonl'), '');
      await expect(readRun(run.dir, predictionRecords)).rejects.toThrow(/was changed after/);
    }));
});

describe('listRuns', () => {
  it('finds every run by path, not what was moved aside, tables or other folders', () =>
    inFolder(async root => {
      expect(await listRuns(join(root, 'nowhere'))).toEqual([]);
      const open = async (change: object) => {
        const run = await openRun({ ...runOptions(root), ...change });
        await run.close();
        return run.dir;
      };
      const dirs = [
        await open({ suite: 'small' }),
        await open({ experiment: 'eval' }),
        await open({ parts: { seed: 1 } }),
        await open({}),
      ];
      await open({ resume: false });
      await mkdir(join(root, 'mini', 'tables', 'figures'), { recursive: true });
      await writeFile(join(root, 'mini', 'tables', 'table1.csv'), '');
      const listed = await listRuns(root);
      expect(listed.map(({ dir }) => dir)).toEqual(dirs.sort());
      expect(listed.map(({ info }) => info.suite)).toEqual(['mini', 'mini', 'mini', 'small']);
    }));

  it('does not pass over a run whose run.json is damaged', () =>
    inFolder(async root => {
      const run = await openRun(runOptions(root));
      await run.close();
      const text = await readFile(join(run.dir, 'run.json'), 'utf8');
      await writeFile(join(run.dir, 'run.json'), text.slice(0, 50));
      await expect(listRuns(root)).rejects.toThrow(/run\.json does not describe a run/);
      await rename(run.dir, `${run.dir}.bak-1`);
      expect(await listRuns(root)).toEqual([]);
    }));
});

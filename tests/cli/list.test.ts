import { describe, expect, it } from 'vitest';
import { inFolder, storeRun, vlmSpatial } from './stored-runs.js';

describe('list runs', () => {
  it('says what each run is, how far and how big', () =>
    inFolder(async root => {
      const a = await storeRun(root);
      const b = await storeRun(root, { model: 'Normalize', finish: false });
      const runs = JSON.parse(await vlmSpatial('list', 'runs', '--results', root, '--json'));
      expect(runs).toMatchObject([
        { run: a, suite: 'mini', experiment: 'permute', model: 'Mini', benchmark: '2ds', records: 32 },
        { run: b, model: 'Normalize', records: null, finished: 'no' },
      ]);
      expect(runs[0].finished).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
      expect(runs[0].mebibytes * 2 ** 20).toBeGreaterThan(5000);
    }));

  it('is empty where there are none', () =>
    inFolder(async root => {
      expect(JSON.parse(await vlmSpatial('list', 'runs', '--results', root, '--json'))).toEqual([]);
    }));
});

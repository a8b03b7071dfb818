import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fittingTable } from '../../src/cli/show-table.js';
import { missingModelHint } from '../../src/harness/missing-model.js';
import { chooseModels, readSuite } from '../../src/harness/suite.js';
import { inFolder, storeRun, vlmSpatial } from './stored-runs.js';

const modelOf = (name: string) => chooseModels(readSuite('mini'), [name])[0]!;

const list = async (...args: string[]) => JSON.parse(await vlmSpatial('list', ...args, '--json'));

describe('list runs', () => {
  it('says what each run is, how far and how big', () =>
    inFolder(async root => {
      const a = await storeRun(root);
      const b = await storeRun(root, { model: 'Normalize', finish: false });
      const runs = await list('runs', '--results', root);
      expect(runs).toMatchObject([
        { run: a, suite: 'mini', experiment: 'permute', model: 'Mini', benchmark: '2ds', records: 32 },
        { run: b, model: 'Normalize', records: null, finished: 'no', note: null },
      ]);
      expect(runs[0].finished).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d$/);
      expect(runs[0].mebibytes * 2 ** 20).toBeGreaterThan(5000);
    }));

  it('tells what is known of shards and of runs of other kinds, and what is wrong with what it cannot read', () =>
    inFolder(async root => {
      const shard = await storeRun(root, { shard: { index: 1, count: 2 } });
      const session = { startedAt: '2026-01-01T00:00:00.000Z', units: 0 };
      const info = {
        format: 1,
        suite: 'mini',
        experiment: 'norms',
        name: 'x',
        key: 'k',
        records: 'norms.jsonl',
        sessions: [session],
        finished: null,
      };
      const runs: Record<string, string> = {
        'mini/norms/measured': JSON.stringify({
          ...info,
          parts: { data: 'coco' },
          manifest: { model: { title: 'Mini' } },
        }),
        'mini/norms/odd': JSON.stringify({
          ...info,
          parts: { benchmark: 7, shard: 'x' },
          manifest: { model: 'Mini', benchmark: null },
        }),
        'other/tool/foreign': '{"epochs": 3}',
        'other/tool/broken': '{',
      };
      for (const [dir, json] of Object.entries(runs)) {
        await mkdir(join(root, dir), { recursive: true });
        await writeFile(join(root, dir, 'run.json'), json);
      }
      await mkdir(join(root, 'mini', 'norms', 'no-run'));
      await writeFile(join(root, 'mini', 'stray.txt'), '');
      expect(await list('runs', '--results', root)).toMatchObject([
        {
          run: join(root, 'mini/norms/measured'),
          experiment: 'norms',
          model: 'Mini',
          benchmark: 'coco',
          records: null,
        },
        { run: join(root, 'mini/norms/odd'), model: null, benchmark: null, note: null },
        { run: shard, model: 'Mini', note: 'shard 1/2' },
        {
          run: join(root, 'other/tool/broken'),
          suite: 'other',
          experiment: 'tool',
          note: expect.stringMatching(/does not describe a run/),
        },
        { run: join(root, 'other/tool/foreign'), note: expect.stringMatching(/does not describe a run/) },
      ]);
      expect(await vlmSpatial('list', 'runs', '--results', root)).toMatch(/shard 1\/2/);
    }));

  it('is empty where there are none', () =>
    inFolder(async root => {
      expect(await list('runs', '--results', root)).toEqual([]);
      expect(await list('runs', '--results', join(root, 'nowhere'))).toEqual([]);
      expect(await vlmSpatial('list', 'runs', '--results', root)).toMatch(
        /holds no runs: vlm-spatial permute --limit 10 makes one/,
      );
    }));
});

describe('list models', () => {
  it('names what can be fetched, with the command; what was placed by hand; what ships with the package', () =>
    inFolder(async root => {
      const models = join(root, 'models');
      for (const [folder, file] of [
        ['llava-1.5-7b', 'config.json'],
        ['mine', 'config.json'],
        ['not-a-model', 'notes.txt'],
      ] as const) {
        await mkdir(join(models, folder), { recursive: true });
        await writeFile(join(models, folder, file), '{"a":1}');
      }
      const rows: { name: string }[] = await list('models', '--models', models);
      const row = (name: string) => rows.find(one => one.name === name);
      expect(row('llava-1.5-7b-normalize')).toMatchObject({
        ...{ state: 'missing', bytes: 0, folder: join(models, 'llava-1.5-7b-normalize') },
        get: `vlm-spatial fetch model llava-1.5-7b-normalize --models ${models}`,
      });
      expect(row('llava-1.5-7b')).toMatchObject({ state: 'by hand', bytes: 7, get: null });
      expect(row('mine')).toMatchObject({ state: 'by hand', bytes: 7 });
      expect(row('not-a-model')).toBeUndefined();
      expect(row('baseline')).toMatchObject({ state: 'ships here', title: 'Mini' });
      for (const { name } of rows.filter(one => one.name !== 'mine'))
        expect(() => modelOf(name)).not.toThrow();
      const text = await vlmSpatial('list', 'models', '--models', models);
      expect(text).toMatch(/llava-interleave-qwen-0\.5b .* missing +about 1\.7 GB/);
    }));
});

describe('list benches', () => {
  it('names the real benchmarks and those of the mini world', () =>
    inFolder(async root => {
      await mkdir(join(root, 'gqa', 'images'), { recursive: true });
      await writeFile(join(root, 'gqa', 'images', '1.jpg'), 'four');
      const rows: { name: string }[] = await list('benches', '--datasets', root);
      expect(rows.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['2ds', 'coco', 'cvbench', 'gqa', 'pope', 'vqav2', 'mini 2ds', 'mini coco']),
      );
      expect(rows.find(({ name }) => name === 'gqa')).toMatchObject({
        state: 'by hand',
        bytes: 4,
        get: null,
      });
      expect(rows.find(({ name }) => name === 'pope')).toMatchObject({
        state: 'missing',
        get: `vlm-spatial fetch bench pope --datasets ${root}`,
      });
      expect(rows.find(({ name }) => name === 'mini gqa')).toMatchObject({
        state: 'drawn when needed',
        bytes: 0,
      });
    }));
});

describe('list suites', () => {
  it('says what of each suite is missing and how to get it', () =>
    inFolder(async root => {
      const rows: Record<string, string>[] = await list('suites', '--datasets', root);
      expect([...new Set(rows.map(({ suite }) => suite))]).toEqual(
        expect.arrayContaining(['mini', 'paper', 'small']),
      );
      expect(
        rows.filter(({ suite, what }) => suite === 'paper' && what === 'model').map(({ name }) => name),
      ).toEqual(['LLaVA 1.5', '+ Normalize', '+ Normalize + Multilayer']);
      expect(rows.find(({ suite, name }) => suite === 'paper' && name === 'gqa')).toMatchObject({
        state: 'missing',
        get: `vlm-spatial fetch bench gqa --datasets ${root}`,
      });
      expect(rows.find(({ suite, what }) => suite === 'mini' && what === 'model')).toMatchObject({
        state: 'here',
        get: null,
      });
    }));
});

describe('the hint for a missing model', () => {
  it("is the command that fetches it there; none for a folder of one's own", () => {
    expect(missingModelHint('models/llava-1.5-7b')).toBe('vlm-spatial fetch model llava-1.5-7b');
    expect(missingModelHint(join(process.cwd(), 'models', 'clip-vit-large-patch14-336'))).toBe(
      'vlm-spatial fetch model clip-vit-large-patch14-336',
    );
    expect(missingModelHint('/data/llava-1.5-7b/')).toMatch(
      /^vlm-spatial fetch model llava-1\.5-7b --models .*data$/,
    );
    expect(missingModelHint('models/mine')).toBeUndefined();
    expect(missingModelHint('../llava')).toBeUndefined();
  });
});

describe('--model', () => {
  it('takes members of the suite, fetched models by name, and folders', () => {
    expect(modelOf('normalize')).toMatchObject({ suite: 'mini', title: '+ Normalize' });
    expect(modelOf('llava-1.5-7b-normalize')).toMatchObject({
      suite: 'custom',
      path: join('models', 'llava-1.5-7b-normalize'),
      title: 'LLaVA 1.5 7B + Normalize',
      visionTower: join('models', 'clip-vit-large-patch14-336'),
    });
    expect(modelOf('some/where')).toMatchObject({ suite: 'custom', path: 'some/where', title: 'some/where' });
  });

  it('says of any other name what there is, and the nearest', () => {
    expect(() => modelOf('basline')).toThrow(
      /model "basline" is not known \(did you mean "baseline"\?\); suite mini has baseline, .*fetch model brings .*llava-1\.5-7b/,
    );
    expect(() => modelOf('llava-1.5-7B-normalise')).toThrow('did you mean "llava-1.5-7b-normalize"?');
  });
});

describe('a table in a terminal', () => {
  const table = {
    name: 't',
    title: 'Runs',
    columns: ['run', 'n', 'note'].map(key => ({ key, label: key })),
    rows: [
      { run: 'a-long-name', n: 1, note: null },
      { run: 'b', n: 22, note: 'x'.repeat(30) },
    ],
  };

  it('stands side by side where it fits', () => {
    expect(fittingTable(table, 60)).toMatch(/^run +n +note$/m);
  });

  it('is shown in parts, each with the first column, where it does not', () => {
    const rule = (...widths: number[]) => widths.map(width => '─'.repeat(width)).join('  ');
    expect(fittingTable(table, 45).split('\n')).toEqual([
      ...['Runs', '', 'run           n', rule(11, 2), 'a-long-name   1', 'b            22', ''],
      ...['run          note', rule(11, 30), 'a-long-name', `b            ${'x'.repeat(30)}`, ''],
    ]);
  });

  it('is a block a row where no column fits beside the first, with nothing cut off', () => {
    expect(fittingTable(table, 30)).toBe(
      `Runs\n\nrun   a-long-name\nn     1\n\nrun   b\nn     22\nnote  ${'x'.repeat(30)}\n`,
    );
  });
});

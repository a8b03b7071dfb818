import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import type { Prediction } from '../../src/records/prediction.js';
import { type OpenRunOptions, openRun } from '../../src/runs/open-run.js';
import { encodeUnit, measurementRecords, predictionRecords } from '../../src/runs/records.js';
import { readRun } from '../../src/runs/stored-run.js';
import { inFolder, runOptions, type Study, small, unitOf, unitsOf } from './fixtures.js';

/** Does what is missing of a study, and closes the run. */
async function carryOut(options: OpenRunOptions<Prediction>, study: Study = small, finish = true) {
  const run = await openRun(options);
  let appended = 0;
  try {
    for (const unit of unitsOf(study)) {
      const { image, condition } = unit[0]!;
      if (run.isDone(image, condition)) continue;
      await run.append(unit);
      appended++;
    }
    if (finish && !run.finished) await run.finish({ seconds: 12.5 });
  } finally {
    await run.close();
  }
  return { run, appended, file: join(run.dir, 'predictions.jsonl') };
}

const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

describe('openRun', () => {
  it('gives back what was appended, in that order', () =>
    inFolder(async root => {
      const { run } = await carryOut(runOptions(root));
      expect(await all(run.records())).toEqual([...unitsOf(small)].flat());
      expect(run.units).toBe(6);
      expect(run.dir).toMatch(/mini\/permute\/mini-baseline-2ds-[0-9a-f]{8}$/);
    }));

  it('writes one JSON object a line, every line with its place in its unit', () =>
    inFolder(async root => {
      const { file } = await carryOut(runOptions(root));
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
      expect(lines.map(line => JSON.parse(line).unit)).toEqual([
        ...[1, 1, 2, 2, 3, 3].flatMap(of => Array.from({ length: of }, (_, i) => [i + 1, of])),
      ]);
      expect(Object.keys(JSON.parse(lines[0]!))).toEqual([
        ...['unit', 'id', 'image', 'condition', 'category', 'labels', 'question', 'promptHash'],
        ...['targets', 'output', 'answer', 'score', 'margin', 'crc32'],
      ]);
    }));

  it('gives the same bytes whatever order the fields come in', () =>
    inFolder(async root => {
      const { file } = await carryOut(runOptions(join(root, 'a')));
      const reversed = await openRun(runOptions(join(root, 'b')));
      for (const unit of unitsOf(small))
        await reversed.append(
          unit.map(record => Object.fromEntries(Object.entries(record).reverse()) as unknown as Prediction),
        );
      await reversed.close();
      expect(await readFile(join(reversed.dir, 'predictions.jsonl'))).toEqual(await readFile(file));
    }));

  it('keeps a score that is not known, optional choices and measures', () =>
    inFolder(async root => {
      const run = await openRun(runOptions(root));
      const record: Prediction = {
        ...unitOf(small, 0, 'original')[0]!,
        score: Number.NaN,
        choices: ['a', 'b'],
        measures: { entropy: 0.8, histogram: [1, 2] },
      };
      await run.append([record]);
      expect(await all(run.records())).toEqual([record]);
      await run.close();
    }));

  it('describes the run in run.json', () =>
    inFolder(async root => {
      const options = runOptions(root);
      const { run } = await carryOut(options);
      const info = JSON.parse(await readFile(join(run.dir, 'run.json'), 'utf8'));
      expect(info).toEqual(run.info);
      expect(info).toMatchObject({
        suite: 'mini',
        experiment: 'permute',
        parts: options.parts,
        manifest: options.manifest,
        records: 'predictions.jsonl',
        finished: { units: 6, records: 12, extra: { seconds: 12.5 } },
      });
      expect(info.key).toMatch(/^[0-9a-f]{64}$/);
      expect(run.dir.endsWith(info.key.slice(0, 8))).toBe(true);
    }));

  it('stores measurements in a file of their own', () =>
    inFolder(async root => {
      const run = await openRun({ ...runOptions(root), format: measurementRecords });
      const record = {
        ...{ id: 'caption 1', image: 'image 1', condition: 'original', category: '', labels: {} },
        ...{ question: 'a cat', promptHash: '', measures: { norms: [0.8, 1.2] } },
      };
      await run.append([record]);
      await run.close();
      expect(await readdir(run.dir)).toEqual(['measurements.jsonl', 'run.json']);
      expect(await all(run.records())).toEqual([record]);
    }));
});

describe('a run that was interrupted', () => {
  it('goes on to the same bytes, wherever its file was cut off', () =>
    inFolder(async root => {
      const whole = await carryOut(runOptions(join(root, 'whole')));
      const bytes = await readFile(whole.file);
      const partial = await carryOut(runOptions(join(root, 'cut')), small, false);
      const notices: string[] = [];
      const options = { ...runOptions(join(root, 'cut')), onNotice: (text: string) => notices.push(text) };
      for (let length = bytes.length; length >= 0; length -= 31) {
        await truncate(partial.file, length);
        await carryOut(options, small, false);
        expect((await readFile(partial.file)).equals(bytes), `cut after ${length} bytes`).toBe(true);
      }
      expect(notices.some(text => text.includes('unfinished unit'))).toBe(true);
      expect(await readdir(partial.run.dir)).toEqual(['predictions.jsonl', 'run.json']);
    }));

  it('is rid of a torn end as soon as it is opened, however long that is', () =>
    inFolder(async root => {
      const { file } = await carryOut(runOptions(root), { ...small, images: 2 }, false);
      const bytes = await readFile(file);
      // A unit of five lines, cut in its third: what is done next need not be as long, nor the same.
      const torn = encodeUnit(predictionRecords, unitOf({ ...small, questions: 5 }, 4, 'original'));
      await writeFile(file, torn.slice(0, torn.length / 2), { flag: 'a' });
      const run = await openRun(runOptions(root));
      expect((await readFile(file)).equals(bytes)).toBe(true);
      await run.append(unitOf(small, 0, 'blank'));
      await run.close();
      const records = await all((await readRun(run.dir, predictionRecords)).records());
      expect(records.at(-1)?.condition).toBe('blank');
    }));

  it('redoes only what is not complete, and says what it found', () =>
    inFolder(async root => {
      const { file } = await carryOut(runOptions(root), small, false);
      await truncate(file, (await stat(file)).size - 1);
      const notices: string[] = [];
      const again = await carryOut({ ...runOptions(root), onNotice: text => notices.push(text) });
      expect(again.appended).toBe(1);
      expect(notices[0]).toMatch(/predictions\.jsonl ends in an unfinished unit: its \d+ bytes are cut off/);
      expect(notices[1]).toMatch(/going on after 5 finished units/);
    }));

  it('notes each session, with its manifest where that changed', () =>
    inFolder(async root => {
      await carryOut(runOptions(root), { ...small, images: 1 }, false);
      await carryOut(runOptions(root), { ...small, images: 2 }, false);
      const { run } = await carryOut({ ...runOptions(root), manifest: { version: '0.2.0' } });
      expect(run.info.manifest).toEqual({ version: '0.1.0' });
      expect(run.info.sessions.map(({ startedAt: _, ...session }) => session)).toEqual([
        { units: 0 },
        { units: 2 },
        { units: 4, manifest: { version: '0.2.0' } },
      ]);
    }));

  it('refuses records without the run.json that says whose they are', () =>
    inFolder(async root => {
      const { run } = await carryOut(runOptions(root), small, false);
      await rm(join(run.dir, 'run.json'));
      await expect(openRun(runOptions(root))).rejects.toThrow(/has predictions\.jsonl but no run\.json/);
    }));
});

describe('a run that is finished', () => {
  it('is opened again as it is, and takes nothing more', () =>
    inFolder(async root => {
      const { run: first } = await carryOut(runOptions(root));
      const json = await readFile(join(first.dir, 'run.json'));
      const { run, appended } = await carryOut(runOptions(root));
      expect({ appended, finished: run.finished, units: run.units }).toEqual({
        appended: 0,
        finished: true,
        units: 6,
      });
      await expect(run.append(unitOf(small, 9, 'original'))).rejects.toThrow(/finished/);
      await expect(run.finish({})).rejects.toThrow(/finished/);
      await expect(first.append(unitOf(small, 9, 'original'))).rejects.toThrow(/finished/);
      expect(await readFile(join(run.dir, 'run.json'))).toEqual(json);
    }));

  it('is not reported when its records were changed since', () =>
    inFolder(async root => {
      const { file } = await carryOut(runOptions(root));
      await writeFile(file, (await readFile(file, 'utf8')).replace('"score":0', '"score":1'));
      await expect(openRun(runOptions(root))).rejects.toThrow(/was changed after the run was finished/);
    }));

  it('is kept beside the new one when it is done anew, every time', () =>
    inFolder(async root => {
      const { run, file } = await carryOut(runOptions(root));
      const bytes = await readFile(file);
      const notices: string[] = [];
      const anew = { ...runOptions(root), resume: false, onNotice: (text: string) => notices.push(text) };
      expect((await carryOut(anew, { ...small, images: 1 })).appended).toBe(2);
      expect((await carryOut(anew, { ...small, images: 2 })).appended).toBe(4);
      expect(await readFile(join(`${run.dir}.bak-1`, 'predictions.jsonl'))).toEqual(bytes);
      expect(await readdir(`${run.dir}.bak-2`)).toEqual(['predictions.jsonl', 'run.json']);
      expect(notices).toEqual([
        `the earlier run is kept as ${run.dir}.bak-1`,
        `the earlier run is kept as ${run.dir}.bak-2`,
      ]);
    }));

  it('starts plainly when done anew without an earlier one', () =>
    inFolder(async root => {
      const { run, appended } = await carryOut({ ...runOptions(root), resume: false });
      expect(appended).toBe(6);
      expect(await readdir(join(run.dir, '..'))).toHaveLength(1);
    }));
});

describe('a folder that is not this run’s', () => {
  it('is refused when its key is another one', () =>
    inFolder(async root => {
      const { run } = await carryOut(runOptions(root), small, false);
      const other = await openRun({ ...runOptions(root), parts: { seed: 1 } });
      await other.close();
      expect(other.dir).not.toBe(run.dir);
      await copyFile(join(run.dir, 'run.json'), join(other.dir, 'run.json'));
      await expect(openRun({ ...runOptions(root), parts: { seed: 1 } })).rejects.toThrow(/holds another run/);
    }));

  it.each([
    ['no JSON', 'nonsense'],
    ['another format', '{"format":99}'],
  ])('is refused when its run.json is %s', (_, text) =>
    inFolder(async root => {
      const { run } = await carryOut(runOptions(root), small, false);
      await writeFile(join(run.dir, 'run.json'), text);
      const error = await openRun(runOptions(root)).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(UserError);
      expect((error as Error).message).toMatch(
        /run\.json does not describe a run of this version \(.+\): restore/,
      );
      expect((error as Error).message).not.toContain('\n');
    }),
  );

  it('is refused when a file is in its way', () =>
    inFolder(async root => {
      await mkdir(join(root, 'mini'));
      await writeFile(join(root, 'mini', 'permute'), '');
      await expect(openRun(runOptions(root))).rejects.toThrow(UserError);
    }));

  it.each(['../evil', 'a/b', '', '.hidden', 'über'])('cannot be named %j', name =>
    inFolder(async root => {
      await expect(openRun({ ...runOptions(root), name })).rejects.toThrow(/cannot name a folder/);
    }),
  );
});

describe('append', () => {
  const original = (image: number) => unitOf(small, image, 'original');

  it.each([
    ['an empty unit', []],
    ['a unit of two images', [original(0)[0]!, original(1)[0]!]],
    ['a unit of two conditions', [original(0)[0]!, unitOf(small, 0, 'permuted 0')[0]!]],
    ['a score beyond 1', [{ ...original(0)[0]!, score: 1.5 }]],
    ['a margin that is not a number', [{ ...original(0)[0]!, margin: Number.NaN }]],
    ['a field nobody knows', [{ ...original(0)[0]!, colour: 'red' }]],
  ])('refuses %s and leaves the file as it was', (_, unit) =>
    inFolder(async root => {
      const run = await openRun(runOptions(root));
      await run.append(original(2));
      await expect(run.append(unit)).rejects.toThrow();
      await run.append(original(1));
      expect(await all(run.records())).toEqual([...original(2), ...original(1)]);
      await run.close();
    }),
  );

  it('refuses a unit that is done, and a second unit before the first is stored', () =>
    inFolder(async root => {
      const run = await openRun(runOptions(root));
      const first = run.append(original(0));
      await expect(run.append(original(1))).rejects.toThrow(/await/);
      await first;
      await expect(run.append(original(0))).rejects.toThrow(/already done/);
      await run.close();
    }));
});

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/runs/folder-lock.js';
import { openRun } from '../../src/runs/open-run.js';
import { compileProgram } from './compiled.js';
import { inFolder, runOptions, small } from './fixtures.js';
import { start } from './processes.js';

const locks = async (dir: string) => (await readdir(dir)).filter(file => file.endsWith('.lock'));
const ignore = () => {};

describe('lockFolder', () => {
  it('holds until it is released', () =>
    inFolder(async dir => {
      const lock = await lockFolder(dir, ignore);
      await expect(lockFolder(dir, ignore)).rejects.toThrow(/already open in this process/);
      await lock.release();
      expect(await locks(dir)).toEqual([]);
      await (await lockFolder(dir, ignore)).release();
    }));

  it('takes over from a process that is gone, and says so', () =>
    inFolder(async dir => {
      const gone = start(process.execPath, '-e', '0');
      await gone.ended;
      await writeFile(join(dir, `writer.${hostname()}.${gone.process.pid}.0.lock`), '');
      const notices: string[] = [];
      const lock = await lockFolder(dir, text => notices.push(text));
      expect(notices).toEqual([expect.stringContaining(`process ${gone.process.pid} died`)]);
      expect(await locks(dir)).toHaveLength(1);
      await lock.release();
    }));

  it.runIf(process.platform === 'linux')(
    'takes over from an earlier process with the id of a living one',
    () =>
      inFolder(async dir => {
        await writeFile(join(dir, `writer.${hostname()}.${process.ppid}.00000000-1.lock`), '');
        await (await lockFolder(dir, ignore)).release();
        expect(await locks(dir)).toEqual([]);
      }),
  );

  it('respects a living process, and says which file stands in the way', () =>
    inFolder(async dir => {
      const file = `writer.${hostname()}.${process.ppid}.0.lock`;
      await writeFile(join(dir, file), '');
      await expect(lockFolder(dir, ignore)).rejects.toThrow(
        new RegExp(`being written by process ${process.ppid} on .+: wait until .+ delete .+${file}`),
      );
      expect(await locks(dir)).toEqual([file]);
    }));

  it('respects a process on another machine, of which nothing can be known', () =>
    inFolder(async dir => {
      await writeFile(join(dir, 'writer.elsewhere.example.1.0.lock'), '');
      await expect(lockFolder(dir, ignore)).rejects.toThrow(/process 1 on elsewhere\.example/);
    }));
});

describe('processes that want the same run', () => {
  it('write it one at a time, even where all begin with a dead one’s lock', () =>
    inFolder(async dir => {
      const program = await compileProgram(dir, 'writer');
      const root = join(dir, 'results');
      const run = await openRun(runOptions(root));
      await run.close();
      const gone = start(process.execPath, '-e', '0');
      await gone.ended;
      const log = join(dir, 'log');
      await writeFile(log, '');
      let refused = 0;
      for (let round = 0; round < 3; round++) {
        await writeFile(join(run.dir, `writer.${hostname()}.${gone.process.pid}.0.lock`), '');
        const writers = Array.from({ length: 4 }, () =>
          start(process.execPath, program, root, JSON.stringify(small), log),
        );
        for (const { code, output } of await Promise.all(writers.map(writer => writer.ended))) {
          if (code === 3) expect(output).toMatch(/is being written by process \d+/);
          else expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('open') });
          refused += code === 3 ? 1 : 0;
        }
      }
      const entries = (await readFile(log, 'utf8')).trimEnd().split('\n');
      for (let i = 0; i < entries.length; i += 2)
        expect([entries[i], entries[i + 1]]).toEqual([
          expect.stringMatching(/^enter/),
          entries[i]!.replace('enter', 'exit'),
        ]);
      // Everyone got in, one after another, or was told no.
      expect(entries.length / 2 + refused).toBe(12);
      expect(entries.length).toBeGreaterThan(0);
      expect(await locks(run.dir)).toEqual([]);
    }));
});

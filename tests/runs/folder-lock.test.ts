import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lockFolder } from '../../src/runs/folder-lock.js';
import { openRun } from '../../src/runs/open-run.js';
import { compileProgram } from './compiled.js';
import { inFolder, runOptions, small, unitsOf } from './fixtures.js';
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

describe.runIf(process.platform === 'linux')('another container on the same machine', () => {
  /** A claim as a process with the id 1 of another PID namespace leaves it. */
  const claim = async (dir: string) => {
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).slice(0, 8);
    const path = join(dir, `writer.${hostname()}.ns1.1.${boot}-7.lock`);
    await writeFile(path, '');
    return path;
  };

  it('is respected while it gives signs of life', () =>
    inFolder(async dir => {
      await claim(dir);
      await expect(lockFolder(dir, ignore)).rejects.toThrow(/by process 1 on .+, in another container: wait/);
    }));

  it('lapses two minutes after its last one', () =>
    inFolder(async dir => {
      const before = new Date(Date.now() - 121_000);
      await utimes(await claim(dir), before, before);
      const notices: string[] = [];
      const lock = await lockFolder(dir, text => notices.push(text));
      expect(notices).toEqual([expect.stringContaining('process 1 died')]);
      await lock.release();
    }));

  it(
    'gives signs of life from a thread of its own, whatever the process computes',
    () =>
      inFolder(async dir => {
        const lock = await lockFolder(dir, ignore);
        const before = new Date(Date.now() - 60_000);
        await utimes(lock.path, before, before);
        const end = Date.now() + 11_500;
        while (Date.now() < end);
        expect((await stat(lock.path)).mtimeMs).toBeGreaterThan(before.getTime() + 30_000);
        await lock.release();
      }),
    20_000,
  );

  it('that was held up for longer finds that it has lost the folder', () =>
    inFolder(async dir => {
      const run = await openRun(runOptions(dir));
      await rm(join(run.dir, (await locks(run.dir))[0]!));
      const [unit] = [...unitsOf(small)];
      await expect(run.append(unit!)).rejects.toThrow(/was taken over by another process/);
      await run.close();
    }));

  const canUnshare = spawnSync('unshare', ['-rpf', '--mount-proc', 'true']).status === 0;

  it.runIf(canUnshare)('finds this one’s lock, though it cannot see its process', () =>
    inFolder(async dir => {
      const program = await compileProgram(dir, 'writer');
      const root = join(dir, 'results');
      const run = await openRun(runOptions(root));
      const command = [process.execPath, program, root, JSON.stringify(small)];
      const { code, output } = await start('unshare', '-rpf', '--mount-proc', ...command).ended;
      expect({ code, output }).toEqual({ code: 3, output: expect.stringContaining('in another container') });
      await run.close();
    }),
  );
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

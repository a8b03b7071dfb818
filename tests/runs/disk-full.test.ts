import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.js';
import { codeOf, diskError } from '../../src/runs/disk-error.js';
import { openRun } from '../../src/runs/open-run.js';
import { compileProgram } from './compiled.js';
import { inFolder, runOptions, type Study, unitsOf } from './fixtures.js';
import { start } from './processes.js';

const study: Study = { images: 40, conditions: ['original'], questions: 4, outputLength: 700 };

/** Whether the system lets an ordinary user mount a disk that nobody else sees. */
const canMount =
  spawnSync('unshare', ['-rm', 'sh', '-c', 'mount -t tmpfs -o size=100k none /mnt']).status === 0;

/** Shell lines that run a command, given after the folder it writes to, with too little room in that folder. */
const tooLittleRoom = [
  // The kernel takes a part of the write that crosses the limit, then refuses.
  {
    code: 'EFBIG',
    possible: process.platform !== 'win32',
    wrap: ['sh', '-c', 'shift; ulimit -f 60; exec "$@"'],
  },
  {
    code: 'ENOSPC',
    possible: canMount,
    wrap: [
      ...['unshare', '-rm', 'sh', '-c'],
      'd=$1; shift; mkdir "$d.out"; mount -t tmpfs -o size=100k none "$d"; "$@"; c=$?; cp -r "$d"/. "$d.out"; exit $c',
    ],
  },
] as const;

describe('a disk without room', () => {
  for (const { code, possible, wrap } of tooLittleRoom)
    it.runIf(possible)(`keeps what was finished and goes on when there is room again (${code})`, () =>
      inFolder(async dir => {
        const program = await compileProgram(dir, 'writer');
        const root = join(dir, 'results');
        await mkdir(root);
        const write = [process.execPath, program, root, JSON.stringify(study)] as const;
        const [shell, ...script] = wrap;
        const full = await start(shell, ...script, 'sh', root, ...write).ended;
        expect(full.code, full.output).toBe(3);
        expect(full.output).toContain(`(${code})`);
        const kept = Number(/(\d+) finished units are kept: free some space/.exec(full.output)?.[1]);
        expect(kept).toBeGreaterThan(0);
        expect(kept).toBeLessThan(40);
        if (code === 'ENOSPC') await cp(`${root}.out`, root, { recursive: true });

        const whole = await openRun(runOptions(join(dir, 'undisturbed')));
        for (const unit of unitsOf(study)) await whole.append(unit);
        await whole.close();
        const bytes = await readFile(join(whole.dir, 'predictions.jsonl'));

        const notices: string[] = [];
        const partial = await openRun({ ...runOptions(root), onNotice: text => notices.push(text) });
        await partial.close();
        // The failed writer left no torn unit behind.
        expect(notices).toContain(`${partial.dir}: going on after ${kept} finished units`);
        expect(notices.join()).not.toContain('unfinished unit');
        expect(partial.units).toBe(kept);
        const file = join(partial.dir, 'predictions.jsonl');
        const beginning = await readFile(file);
        expect(beginning.equals(bytes.subarray(0, beginning.length))).toBe(true);
        expect((await start(...write).ended).code).toBe(0);
        expect((await readFile(file)).equals(bytes)).toBe(true);
      }),
    );

  it.runIf(canMount)('is said in one line when there is none from the start', () =>
    inFolder(async dir => {
      const program = await compileProgram(dir, 'writer');
      const script = 'd=$1; shift; mount -t tmpfs -o size=4k none "$d"; head -c 9999 /dev/zero >"$d/x"; "$@"';
      const root = join(dir, 'results');
      await mkdir(root);
      const write = [process.execPath, program, root, JSON.stringify(study)];
      const { code, output } = await start('unshare', '-rm', 'sh', '-c', script, 'sh', root, ...write).ended;
      expect(code, output).toBe(3);
      expect(output.split('\n').filter(line => line.startsWith('no room left to write'))).toHaveLength(1);
    }),
  );

  it.runIf(canMount)('is told from a folder that may not be written', () =>
    inFolder(async dir => {
      const program = await compileProgram(dir, 'writer');
      const root = join(dir, 'results');
      await mkdir(root);
      const write = [process.execPath, program, root, JSON.stringify(study)];
      const script = 'd=$1; shift; mount -t tmpfs -o ro none "$d"; "$@"';
      const { code, output } = await start('unshare', '-rm', 'sh', '-c', script, 'sh', root, ...write).ended;
      expect(code, output).toBe(3);
      expect(output).toMatch(/cannot be written \(EROFS\): choose a folder that you may write to/);
    }),
  );
});

describe('diskError', () => {
  const failure = (code: string) =>
    Object.assign(new Error(`${code}: failed, write`), { code, syscall: 'write' });

  it.each([
    ['ENOSPC', /^no room left to write DIR \(ENOSPC\); 3 units are kept: free some space and run again$/],
    ['EDQUOT', /^no room left/],
    ['EACCES', /^DIR cannot be written \(EACCES\); 3 units are kept: choose a folder/],
    ['EIO', /^DIR cannot be written \(EIO: failed, write\); 3 units are kept$/],
  ])('says %s to people', (code, message) => {
    const error = diskError(failure(code), 'DIR', '3 units are kept') as UserError;
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
    expect(codeOf(error.cause)).toBe(code);
  });

  it('leaves other errors alone', () => {
    const bug = new TypeError('x is undefined');
    expect(diskError(bug, 'DIR')).toBe(bug);
  });
});

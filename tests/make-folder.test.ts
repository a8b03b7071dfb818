import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, makeFolderSync } from '../src/make-folder.js';

const ways = [
  ['makeFolder', makeFolder],
  ['makeFolderSync', async (dir: string) => makeFolderSync(dir)],
] as const;

test.each(ways)('%s makes a folder and those above it, once or several at a time', async (_, make) => {
  const root = await mkdtemp(join(tmpdir(), 'folders-'));
  const dir = join(root, 'a', 'b', 'c');
  await Promise.all([make(dir), make(dir), make(join(dir, 'd'))]);
  expect((await stat(join(dir, 'd'))).isDirectory()).toBe(true);
  await make(dir);
  await writeFile(join(root, 'file'), '');
  await expect(make(join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(make(join(root, 'file', 'x'))).rejects.toMatchObject({ syscall: 'mkdir' });
  await rm(root, { recursive: true });
});

test.runIf(process.platform === 'linux').each(ways)(
  '%s returns where a folder is there but takes none',
  async (_, make) => {
    await expect(make('/proc/1/a/b')).rejects.toMatchObject({ syscall: 'mkdir' });
    await expect(make('/proc/self/fd/x/y')).rejects.toMatchObject({ syscall: 'mkdir' });
  },
);

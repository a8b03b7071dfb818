import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../support/cli.js';

const GIB = 2 ** 30;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refused-'));
  const script = join(root, 'scripts', 'make-random-checkpoint.js');
  await promisify(execFile)(process.execPath, [script, folder, '--shape', 'llava-1.5-7b', '--zeros']);
});
afterAll(() => rm(folder, { recursive: true }));

/** Asks the 7B's shape a question in a process that may have so many bytes of address space. */
function ask(
  backend: string,
  limit: number,
  ...flags: string[]
): Promise<{ code: number | null; signal: string | null; stderr: string }> {
  const image = join(root, 'parity', 'fixtures', 'images', 'grey-png.crop.expected.png');
  const args = [
    'ask',
    'What is in the image?',
    '--image',
    image,
    '--model',
    folder,
    '--backend',
    backend,
    ...flags,
  ];
  const command = `ulimit -v ${limit / 1024}; exec "$0" "$@"`;
  return new Promise((resolve, reject) => {
    const child = spawn('bash', [
      '-c',
      command,
      process.execPath,
      join(root, 'bin', 'vlm-spatial.js'),
      ...args,
    ]);
    let stderr = '';
    child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal, stderr }));
  });
}

it('a model that does not fit under a limit of memory is refused before it is loaded, with what it needs', async () => {
  const backend = process.env.VLM_SPATIAL_TEST_BACKEND === 'native' ? 'native' : 'wasm';
  const { code, signal, stderr } = await ask(
    backend,
    16 * GIB,
    '--weights',
    'resident',
    '--dtype',
    'float32',
  );
  expect({ code, signal }).toEqual({ code: 1, signal: null });
  expect(stderr).toMatch(/does not fit: it needs 27\.\d+ GiB/);
  expect(stderr).not.toMatch(/bad_alloc|out of memory|FATAL/i);
});

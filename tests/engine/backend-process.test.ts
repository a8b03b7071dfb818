import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The sources as JavaScript, made for this test, below the project's node_modules so that packages are found. */
let built: string;
beforeAll(async () => {
  await mkdir(join(root, 'node_modules', '.cache'), { recursive: true });
  built = await mkdtemp(join(root, 'node_modules', '.cache', 'process-test-'));
  await writeFile(join(built, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
  for (const file of await readdir(join(root, 'src'), { recursive: true })) {
    if (!/^(engine|cli)\W.*\.ts$|^\w+\.ts$/.test(file)) continue;
    const target = join(built, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(target), { recursive: true });
    const source = await readFile(join(root, 'src', file), 'utf8');
    await writeFile(target, ts.transpileModule(source, { compilerOptions }).outputText);
  }
}, 120_000);
afterAll(() => rm(built, { recursive: true, force: true }));

/** Runs a module's text in a process of its own, which must end by itself; gives what it printed. */
async function run(script: string): Promise<string> {
  const args = ['--input-type=module', '--eval', script];
  return (await promisify(execFile)(process.execPath, args, { timeout: 100_000 })).stdout;
}

const source = (file: string) => JSON.stringify(pathToFileURL(join(built, file)));

const start = () => `
  const { startEngine } = await import(${source('engine/backend.js')});
  const engine = await startEngine({ backend: 'wasm', threads: 2 });
  console.log(engine.threads);
`;

test('a process with wasm threads ends by itself after stop()', async () => {
  expect(await run(`${start()} await engine.stop(); console.log('stopped');`)).toBe('2\nstopped\n');
});

test('and where the engine was not stopped', async () => {
  expect(await run(start())).toBe('2\n');
});

test('the engine and its commands load without TensorFlow.js', async () => {
  const script = `
    for (const file of [${['engine/backend.js', 'cli/commands/doctor.js', 'cli/commands/native.js'].map(source)}]) await import(file);
    const { createRequire } = await import('node:module');
    console.log(Object.keys(createRequire(${source('x.js')}).cache).filter(file => file.includes('tfjs')).length);
  `;
  expect(await run(script)).toBe('0\n');
});

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { experiments } from '../../src/experiments/index.js';
import { runExperiment } from '../../src/harness/run-experiment.js';
import { createWorkers } from '../../src/harness/workers.js';
import { type Progress, silent } from '../../src/work.js';
import { root, runCli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-workers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const data = join(folder, 'data');
const whole = join(folder, 'whole');
// Five images, sampled answers: a share must not depend on what the others drew, and shares differ in size.
const settings = { data, offset: 1, limit: 5, temperature: 1, maxNewTokens: 4, threads: 1 };
const flags = Object.entries(settings).flatMap(([key, value]) => [
  `--${key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`,
  String(value),
]);
const call = ['permute', ...flags, '--backend', 'wasm', '--quiet'];

beforeAll(async () => {
  const made = ['data', 'make', '2ds', '--out', data, '--counts', '2', '--images-per-count', '6', '--quiet'];
  expect(await runCli(made)).toMatchObject({ code: 0 });
  expect(await runCli([...call, '--results', whole])).toMatchObject({ code: 0, stderr: '' });
}, 120_000);

/** Holds records and tables against one process's. */
function expectWhole(results: string): void {
  const [run] = readdirSync(join(whole, 'mini', 'permute'));
  expect(readdirSync(results)).toEqual(['mini']);
  expect(readdirSync(join(results, 'mini', 'permute'))).toEqual([run]);
  const files = [`permute/${run}/predictions.jsonl`];
  if (existsSync(join(results, 'mini', 'tables'))) {
    files.push(...readdirSync(join(whole, 'mini', 'tables')).map(table => `tables/${table}`));
  }
  for (const file of files) {
    const bytes = readFileSync(join(results, 'mini', file));
    expect(bytes.equals(readFileSync(join(whole, 'mini', file))), file).toBe(true);
  }
}

it('two workers leave the records and tables of one process, and find them again', async () => {
  const results = join(folder, 'two');
  const workers = [...call, '--workers', '2', '--results', results];
  expect(await runCli(workers)).toMatchObject({ code: 0, stderr: '' });
  expectWhole(results);
  expect(await runCli(workers)).toMatchObject({ code: 0, stderr: '' });
  expectWhole(results);
});

it('a call that is stopped goes on, and a worker that is killed is replaced', async () => {
  const results = join(folder, 'killed');
  const given = { ...settings, backend: 'wasm', workers: '2', results } as const;
  const stop = new AbortController();
  const stopping: Progress = { ...silent, update: done => done > 0 && stop.abort() };
  const stopped = runExperiment(experiments.permute, given, {
    work: { progress: stopping, signal: stop.signal },
  });
  await expect(stopped).rejects.toThrow(/^stopped; what was done is kept in .*\.workers, the same command/);

  // A worker's program that kills itself once, after an image is done.
  const program = join(folder, 'dying.mjs');
  writeFileSync(
    program,
    `import { existsSync, writeFileSync } from 'node:fs';
     const send = process.send.bind(process);
     process.send = (message, ...rest) => {
       const [what, done] = message.told ?? [];
       if (what === 'update' && done > 1 && !existsSync('${folder}/died')) {
         writeFileSync('${folder}/died', '');
         process.kill(process.pid, 'SIGKILL');
       }
       return send(message, ...rest);
     };
     await import('${pathToFileURL(join(root, 'bundle', 'worker.js'))}');`,
  );
  const said: string[] = [];
  const workers = createWorkers(program);
  try {
    await runExperiment(experiments.permute, given, {
      workers,
      work: { progress: { ...silent, say: text => said.push(text) }, signal: new AbortController().signal },
    });
  } finally {
    workers.close();
  }
  expect(said.join('\n')).toMatch(/worker [12] of 2 died \(SIGKILL\): another goes on with its share/);
  expect(said.join('\n')).toMatch(/going on after \d+ finished units/);
  expectWhole(results);
});

it('an error of all workers is told once', async () => {
  const wrong = ['permute', '--data', data, '--backend', 'wasm', '--template', 'no place for it'];
  const { code, stderr } = await runCli([...wrong, '--workers', '2', '--results', join(folder, 'wrong')]);
  expect(code).toBeGreaterThan(0);
  expect(stderr.match(/error: /g)).toHaveLength(1);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';

const folder = mkdtempSync(join(tmpdir(), 'vlm-spatial-shards-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the command line to its end, without an error. */
async function vlmSpatial(args: readonly string[], env: Record<string, string> = {}): Promise<void> {
  expect(await runCli([...args, '--quiet'], env)).toMatchObject({ code: 0, stderr: '' });
}

it('merged shards of a job array are the run that one process leaves, and give its tables', async () => {
  const data = join(folder, 'data');
  await vlmSpatial(['data', 'make', '2ds', '--out', data, '--counts', '2', '--images-per-count', '4']);
  // Three images, sampled answers: a shard must not depend on what the others drew.
  const permute = [
    'permute',
    '--data',
    data,
    '--offset',
    '1',
    '--temperature',
    '1',
    '--max-new-tokens',
    '4',
    '--backend',
    'wasm',
  ];
  const [whole, parts] = [join(folder, 'whole'), join(folder, 'parts')];
  await vlmSpatial([...permute, '--results', whole]);
  for (const task of [1, 0]) {
    const array = { SLURM_ARRAY_TASK_MIN: '0', SLURM_ARRAY_TASK_COUNT: '2' };
    await vlmSpatial([...permute, '--results', parts], { SLURM_ARRAY_TASK_ID: `${task}`, ...array });
  }
  await vlmSpatial(['merge', '--results', parts]);
  await vlmSpatial(['report', '--results', parts]);
  const [run] = readdirSync(join(whole, 'mini', 'permute'));
  expect(readdirSync(join(parts, 'mini', 'permute'))).toContain(run);
  for (const file of [`permute/${run}/predictions.jsonl`, 'tables/table1.csv', 'tables/table1-long.csv'])
    expect(readFileSync(join(parts, 'mini', file), 'utf8')).toBe(
      readFileSync(join(whole, 'mini', file), 'utf8'),
    );
});

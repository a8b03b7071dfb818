import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../support/cli.js';

let results: string;
beforeAll(async () => {
  results = await mkdtemp(join(tmpdir(), 'power-'));
});
afterAll(() => rm(results, { recursive: true }));

const power = (...args: string[]) => runCli(['power', '--results', results, ...args]);

it('says how many images a difference needs, from the spread in a finished run; without one, how to get it', async () => {
  const nothing = await power('--bench', '2ds');
  expect(nothing).toMatchObject({ code: 1, stdout: '' });
  expect(nothing.stderr).toContain(
    `holds no finished run of permute on 2ds: run some images first, vlm-spatial permute --suite mini --bench 2ds --sample 40 --results ${results}`,
  );

  const run = ['permute', '--bench', '2ds', '--sample', '12', '--backend', 'wasm', '--results', results];
  expect((await runCli([...run, '--quiet'])).code).toBe(0);
  const rows = async (...args: string[]) => JSON.parse((await power('--json', ...args)).stdout);
  const [row] = await rows();
  expect(row).toMatchObject({ model: 'Mini', images: 12, questions: 72 });
  expect(row.detectable).toBeGreaterThan(0);
  // The images at hand are enough for what they can show, and not for half of it.
  expect((await rows('--difference', String(row.detectable + 0.001)))[0].needed).toBeLessThanOrEqual(12);
  const [half] = await rows('--difference', String(row.detectable / 2));
  expect(half.needed).toBeGreaterThan(3 * 12);
  expect(half.neededQuestions).toBe(6 * half.needed);
  expect((await power()).stdout).toContain('Images for 2.74');

  expect(await power('--bench', 'vqa')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('benchmark "vqa" is not known; benchmarks are: vqav2, pope'),
  });
});

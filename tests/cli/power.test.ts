import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli } from '../support/cli.js';

it('power says what to run first where there is nothing to reckon with, and which benchmarks there are', async () => {
  const results = join(tmpdir(), 'no-results-here');
  expect(await runCli(['power', '--results', results, '--bench', '2ds'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(
      `holds no finished run of permute on 2ds: run some images first, vlm-spatial permute --suite mini --bench 2ds --sample 40 --results ${results}`,
    ),
  });
  expect(await runCli(['power', '--bench', 'vqa'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('benchmark "vqa" is not known (did you mean'),
  });
});

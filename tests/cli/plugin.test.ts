import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { root, runCli } from '../support/cli.js';

const folder = mkdtempSync(join(root, 'tests', 'plugin-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The JavaScript blocks of CONTRIBUTING.md, as one module. */
function documentedPlugin(): { file: string; longest: number } {
  const text = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');
  const blocks = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(match => match[1]!);
  expect(blocks).toHaveLength(4);
  const file = join(folder, 'plugin.js');
  writeFileSync(file, blocks.join('\n'));
  return { file, longest: Math.max(...blocks.map(block => block.trim().split('\n').length)) };
}

describe('--plugin', () => {
  it('runs the very lines of CONTRIBUTING.md', async () => {
    const { file, longest } = documentedPlugin();
    expect(longest).toBeLessThanOrEqual(22);
    const image = join(root, 'tests', 'fixtures', 'mini-reference', 'images', '000.png');
    const args = [
      'mirror',
      '--plugin',
      file,
      '--bench',
      'sides',
      '--data',
      image,
      '--backend',
      'wasm',
      '--json',
    ];
    const { code, stdout, stderr } = await runCli([...args, '--results', join(folder, 'results')]);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const [summary] = JSON.parse(stdout);
    expect(summary.tables.mirror[0].original).toBe(100);
    expect(Number.isFinite(summary.tables.mirror[0].mirrored)).toBe(true);
  });

  it('says what is wrong with a module that is none', async () => {
    const file = join(folder, 'broken.js');
    writeFileSync(file, 'export const nothing = 1;');
    expect(await runCli(['permute', '--plugin', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('exports neither "experiments" nor "benchmarks"'),
    });
    expect(await runCli(['permute', '--plugin', join(folder, 'absent.js')])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('cannot be loaded'),
    });
  });
});

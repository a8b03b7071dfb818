import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { resolveOptions } from '../../src/cli/options.js';
import { commonOptions } from '../../src/harness/options.js';
import { root } from '../support/cli.js';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(match => match[1]!);

it('the README’s configuration file is one', () => {
  const [file] = blocks('json');
  expect(resolveOptions(new Command('permute'), commonOptions, JSON.parse(file!))).toMatchObject({
    bench: ['2ds', 'pope'],
    model: ['baseline', 'normalize'],
    sample: 60,
    maxNewTokens: 16,
    resume: false,
  });
});

it('the README’s statistics run', async () => {
  const [example] = blocks('js').filter(block => block.includes("from 'vlm-spatial/metrics'"));
  const args = ['--input-type=module', '--eval', `${example}\nconsole.log(mean);`];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  expect(stdout).toBe('0.65\n');
});

it('the README’s commands are commands', () => {
  const names = new Set(commands.map(({ name }) => name));
  const named = [...readme.matchAll(/^ {4}(?:npx )?vlm-spatial ([a-z]+)/gm)].map(match => match[1]!);
  expect(named.filter(name => !names.has(name))).toEqual([]);
  expect(named.length).toBeGreaterThan(20);
});

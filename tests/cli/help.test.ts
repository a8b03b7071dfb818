import { stripVTControlCharacters } from 'node:util';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { createProgram } from '../../src/cli/program.js';

/** Every command, whole, and those below it. */
async function all(): Promise<[path: string, command: Command][]> {
  const below = (path: string, command: Command): [string, Command][] => [
    [path, command],
    ...command.commands.flatMap(one => below(`${path} ${one.name()}`, one)),
  ];
  const found = [];
  for (const { name } of commands) {
    const program = await createProgram([name]);
    found.push(...below(name, program.commands.find(one => one.name() === name)!));
  }
  return found;
}

/** What `--help` prints. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: part => (text += part), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return stripVTControlCharacters(text);
}

it('every option of every command has a description, and every argument', async () => {
  for (const [path, command] of await all()) {
    for (const { flags, description } of command.options)
      expect(description.length, `${path} ${flags}`).toBeGreaterThan(5);
    for (const argument of command.registeredArguments)
      expect(argument.description.length, `${path} <${argument.name()}>`).toBeGreaterThan(5);
    expect(command.description().length, path).toBeGreaterThan(5);
  }
});

it('every command that does something shows a call of itself', async () => {
  for (const [path, command] of await all())
    if (command.commands.length === 0)
      expect(helpOf(command), path).toContain(`Example:\n  vlm-spatial ${path}`);
});

it('lines fit 80 columns', async () => {
  for (const [path, command] of await all())
    for (const line of helpOf(command).split('\n'))
      if (!line.startsWith('  vlm-spatial ')) expect(line.length, `${path}: ${line}`).toBeLessThanOrEqual(80);
});

it('settings stand in groups, a command’s own first', async () => {
  const [[, permute]] = (await all()).filter(([path]) => path === 'permute') as [[string, Command]];
  const headings = helpOf(permute).match(/^[A-Z].*:$/gm);
  expect(headings).toEqual([
    'Its own settings:',
    'What to run:',
    'What to ask, and who grades:',
    'Which part of the images:',
    'Engine:',
    'Data and output:',
    'The program:',
    'Example:',
  ]);
});

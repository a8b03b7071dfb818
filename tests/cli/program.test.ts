import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { createProgram } from '../../src/cli/program.js';
import { experiments } from '../../src/experiments/index.js';

describe('the overview', () => {
  it('names every experiment, in the order of the paper', () => {
    const names = Object.values(experiments).map(({ name }) => name);
    expect(commands.map(({ name }) => name).slice(0, names.length)).toEqual(names);
  });

  it('says of each command one line, which fits 80 columns', async () => {
    const help = (await createProgram([])).helpInformation();
    for (const { name, summary } of commands)
      expect(help.split('\n').map(line => line.trim().replace(/ {2,}/, ' '))).toContain(`${name} ${summary}`);
    for (const line of help.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('is the same whichever command is called, but for that command’s arguments', async () => {
    const names = async (args: string[]) =>
      (await createProgram(args)).commands.map(command => command.name());
    expect(await names(['list'])).toEqual(await names([]));
  });
});

it('every command loads under its name', async () => {
  for (const { name } of commands) {
    const program = await createProgram([name]);
    const command = program.commands.find(one => one.name() === name)!;
    expect(command.options.length + command.commands.length, name).toBeGreaterThan(0);
  }
});

it('help of a command is the command’s own, also behind the word help', async () => {
  const program = await createProgram(['help', 'permute']);
  expect(program.commands.find(one => one.name() === 'permute')!.helpInformation()).toContain('--order');
});

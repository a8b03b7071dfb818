import { expect, test } from 'vitest';
import { trainCommand } from '../../src/cli/commands/train.js';
import type { FamilyOptions } from '../../src/training/train-family.js';

type Asked = Omit<FamilyOptions, 'engine'>;

async function asked(...args: string[]): Promise<Asked> {
  let seen: Asked | undefined;
  const command = trainCommand(async options => {
    seen = options;
  }).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  await command.parseAsync(['--quiet', ...args], { from: 'user' });
  return seen!;
}

test('all members are trained, beside the shipped ones, unless some are named', async () => {
  const options = await asked();
  expect(options.only).toBeUndefined();
  expect(options.outFolder).toBe('trained/mini');
  expect((await asked('--only', 'base,normalize', '--out', 'x')).only).toEqual(['base', 'normalize']);
});

test('there is one family so far', async () => {
  await expect(asked('--suite', 'paper')).rejects.toThrow(/Allowed choices are mini/);
});

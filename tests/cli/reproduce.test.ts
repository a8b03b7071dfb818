import { expect, it, vi } from 'vitest';
import type { Runner } from '../../src/cli/commands/experiment.js';
import { reproduceCommand } from '../../src/cli/commands/reproduce.js';
import { UserError } from '../../src/errors.js';
import { experiments } from '../../src/experiments/index.js';

/** The calls of `reproduce` with these flags; as a shard's, so that there are no tables to write. */
async function calls(...flags: string[]) {
  const runner = vi.fn<Runner>(async () => ({
    suite: 'mini',
    runs: ['the/run'],
    shard: { index: 1, count: 2 },
    results: [],
  }));
  await reproduceCommand(runner).parseAsync(['--quiet', ...flags], { from: 'user' });
  return runner.mock.calls;
}

it('reproduce runs every experiment on its own benchmarks, or all, with one store of answers', async () => {
  const made = await calls();
  expect(made.map(([{ name }]) => name)).toEqual(experiments.map(({ name }) => name));
  for (const [experiment, { bench }] of made) expect(bench).toEqual(experiment.bench ?? ['all']);
  expect(new Set(made.map(([, , answered]) => answered)).size).toBe(1);
});

it('with a benchmark it runs the experiments that use it, on it alone', async () => {
  const made = await calls('--bench', 'coco');
  expect(made.map(([{ name }]) => name)).toEqual(expect.arrayContaining(['norms', 'positions']));
  expect(made.map(([{ name }]) => name)).not.toEqual(expect.arrayContaining(['permute']));
  for (const [, { bench }] of made) expect(bench).toEqual(['coco']);
});

it('each experiment has its own settings at their defaults', async () => {
  for (const [experiment, options] of await calls()) {
    expect(options).toMatchObject(experiment.options.parse({}));
  }
});

it('an experiment that cannot be run after others could is left out, and told at the end', async () => {
  const ran: string[] = [];
  const runner: Runner = async ({ name }) => {
    ran.push(name);
    if (name === 'probe') throw new UserError('too few images');
    return { suite: 'mini', runs: ['the/run'], shard: { index: 1, count: 2 }, results: [] };
  };
  const reproduce = reproduceCommand(runner).parseAsync(['--quiet'], { from: 'user' });
  await expect(reproduce).rejects.toThrow('left out: probe: too few images');
  expect(ran).toEqual(experiments.map(({ name }) => name));
});

it('what is wrong with the call is told at once, a defect always', async () => {
  const failing = (at: string, error: Error) => async () => {
    const ran: string[] = [];
    const runner: Runner = async ({ name }) => {
      ran.push(name);
      if (name === at) throw error;
      return { suite: 'mini', runs: ['the/run'], shard: { index: 1, count: 2 }, results: [] };
    };
    await expect(reproduceCommand(runner).parseAsync(['--quiet'], { from: 'user' })).rejects.toThrow(error);
    return ran.at(-1);
  };
  const [first] = experiments;
  expect(await failing(first!.name, new UserError('no such model'))()).toBe(first!.name);
  expect(await failing('probe', new RangeError('a defect'))()).toBe('probe');
});

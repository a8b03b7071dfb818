import { expect, it, vi } from 'vitest';
import type { Runner } from '../../src/cli/commands/experiment.js';
import { reproduceCommand } from '../../src/cli/commands/reproduce.js';
import { UserError } from '../../src/errors.js';
import { experiments } from '../../src/experiments/index.js';
import type { AskingExperiment } from '../../src/experiments/types.js';
import type { Outcome } from '../../src/harness/run-experiment.js';

/** What a shard of an experiment gives: no tables. */
const shardOf = (experiment: Parameters<Runner>[0], options: Parameters<Runner>[1]): Outcome => ({
  ...{ suite: 'mini', runs: ['the/run'], shard: { index: 1, count: 2 }, options },
  ran: { kind: 'asks', experiment: experiment as AskingExperiment, results: [] },
});

/** The calls of `reproduce` with these flags; as a shard's, so that there are no tables to write. */
async function calls(...flags: string[]) {
  const runner = vi.fn<Runner>(async (experiment, options) => shardOf(experiment, options));
  await reproduceCommand(runner).parseAsync(['--quiet', ...flags], { from: 'user' });
  return runner.mock.calls;
}

it('reproduce runs every experiment on its own benchmarks, or all, with one store of answers', async () => {
  const made = await calls();
  expect(made.map(([{ name }]) => name)).toEqual(Object.keys(experiments));
  for (const [experiment, { bench }] of made) expect(bench).toEqual(experiment.bench ?? ['all']);
  expect(new Set(made.map(([, , { answered }]) => answered)).size).toBe(1);
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
  const runner: Runner = async (experiment, options) => {
    const { name } = experiment;
    ran.push(name);
    if (name === 'probe') throw new UserError('too few images');
    return shardOf(experiment, options);
  };
  const reproduce = reproduceCommand(runner).parseAsync(['--quiet'], { from: 'user' });
  await expect(reproduce).rejects.toThrow('left out: probe: too few images');
  expect(ran).toEqual(Object.keys(experiments));
});

it('what is wrong with the call is told at once, a defect always', async () => {
  const failing = (at: string, error: Error) => async () => {
    const ran: string[] = [];
    const runner: Runner = async (experiment, options) => {
      const { name } = experiment;
      ran.push(name);
      if (name === at) throw error;
      return shardOf(experiment, options);
    };
    await expect(reproduceCommand(runner).parseAsync(['--quiet'], { from: 'user' })).rejects.toThrow(error);
    return ran.at(-1);
  };
  const [first] = Object.values(experiments);
  expect(await failing(first!.name, new UserError('no such model'))()).toBe(first!.name);
  expect(await failing('probe', new RangeError('a defect'))()).toBe('probe');
});

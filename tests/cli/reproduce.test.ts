import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { Runner } from '../../src/cli/commands/experiment.js';
import { reproduceCommand } from '../../src/cli/commands/reproduce.js';
import { experiments } from '../../src/experiments/index.js';
import { inFolder, predictionOf } from './stored-runs.js';

it('reproduce runs every experiment with one store of answers, and writes every table', () =>
  inFolder(async results => {
    const conditions = ['original', 'permuted-0', 'blank-image', 'text-only'];
    const runner = vi.fn<Runner>(async () => ({
      suite: 'mini',
      runs: ['the/run'],
      shard: null,
      results: [
        {
          suite: 'mini',
          model: 'Mini',
          benchmark: { name: '2ds', title: '2DS (generated)', split: 'test', chance: new Map() },
          seed: 0,
          provenance: { run: 'r' },
          predictions: conditions.flatMap(name => [0, 1, 2].map(image => predictionOf(name, image, 0, true))),
        },
      ],
    }));
    await reproduceCommand(runner).parseAsync(['--quiet', '--results', results], { from: 'user' });
    expect(runner.mock.calls.map(([{ name }]) => name)).toEqual(experiments.map(({ name }) => name));
    for (const [experiment, { bench }] of runner.mock.calls) {
      expect(bench).toEqual(experiment.bench ?? ['all']);
    }
    expect(new Set(runner.mock.calls.map(([, , answered]) => answered)).size).toBe(1);
    for (const table of ['table1', 'table1-long', 'table2', 'eval-long']) {
      expect(existsSync(join(results, 'mini', 'tables', `${table}.csv`)), table).toBe(true);
    }
  }));

import { describe, expect, it } from 'vitest';
import { experimentCommand, type Runner } from '../../../src/cli/commands/experiment.js';
import { sweep } from '../../../src/experiments/sweep/index.js';
import type { AskingExperiment, ModelTraits } from '../../../src/experiments/types.js';
import { answers, resultOf } from '../made-up-results.js';

const options = sweep.options.parse({ to: [10, 0.1, 10] });
const MODEL: ModelTraits = {
  ...{ variant: 'baseline', trainingSeed: 0 },
  ...{ title: 'Mini', visionTokens: 64, grid: 8, layers: 4, heads: 4, systemPrompt: true },
  meanTextNorm: () => 0.5,
};

/** Seen at its own norms and at 10, where order matters; blind at 0.1. */
const result = resultOf(
  '2ds',
  answers({
    ...{ original: 0.95, 'permuted-0': 0.9 },
    ...{ 'norm-0.1': 0.3, 'norm-0.1-permuted': 0.3 },
    ...{ 'norm-10': 0.9, 'norm-10-permuted': 0.5 },
    ...{ 'blank-image': 0.3, 'text-only': 0.25 },
  }),
);

describe('the norm sweep', () => {
  it('asks at every norm in both orders, as multiples of the mean text norm, each once', () => {
    const conditions = sweep.conditions(options, MODEL);
    expect(conditions.map(c => c.name)).toEqual([...new Set(result.predictions.map(p => p.condition))]);
    expect(
      conditions.map(c =>
        c.interventions.map(i => `${i.kind} ${Object.values(i.params).join(' ')}`).join(' + '),
      ),
    ).toEqual([
      '',
      'permute random 0',
      'rescale 0.05 0.1',
      'rescale 0.05 0.1 + permute random 0',
      'rescale 5 10',
      'rescale 5 10 + permute random 0',
      'blank-image ',
      '',
    ]);
  });

  it('says at each norm what a random order costs, and whether the model sees at all', () => {
    const [table, long] = sweep.tables([result], options);
    expect(table!.rows.map(r => [r.norm, r.verdict])).toEqual([
      ['own', 'interpretable'],
      [0.1, 'uninterpretable'],
      [10, 'interpretable'],
    ]);
    for (const row of table!.rows) {
      expect(row.difference).toBeCloseTo(Number(row.permutation) - Number(row.accuracy), 9);
    }
    expect(table!.rows[2]!.p).toBeLessThan(0.01);
    const [own, small] = long!.rows;
    expect(own!.change).toBeNull();
    expect(small!.change).toBeCloseTo(Number(small!.accuracy) - Number(own!.accuracy), 9);
  });

  it('draws accuracy and difference over the norms, none of what was not swept', () => {
    expect(sweep.figures!([result], options).map(f => f.name)).toEqual([
      'sweep-norm',
      'sweep-norm-difference',
    ]);
    const unswept = resultOf(
      '2ds',
      answers({ original: 1, 'permuted-0': 1, 'blank-image': 0, 'text-only': 0 }),
    );
    expect(sweep.figures!([unswept], options)).toEqual([]);
  });

  it('is called as `sweep norm`, and knows no other sweep', async () => {
    const asked: unknown[] = [];
    const runner: Runner = async (_, options) => {
      asked.push(options);
      const ran = { kind: 'asks', experiment: sweep as unknown as AskingExperiment, results: [] } as const;
      return { suite: 'mini', ran, runs: [], shard: { index: 1, count: 2 }, options };
    };
    const call = (...args: string[]) =>
      experimentCommand(sweep, runner)
        .exitOverride()
        .parseAsync(['--quiet', ...args], { from: 'user' });
    await call('norm', '--to', '1,2');
    await call();
    expect(asked).toMatchObject([{ of: 'norm', to: [1, 2] }, { of: 'norm' }]);
    await expect(call('size')).rejects.toThrow("--of takes one of norm, not 'size'");
    await expect(call('--to', '0')).rejects.toThrow('--to takes');
  });
});

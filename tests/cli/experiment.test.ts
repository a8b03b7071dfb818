import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { experimentCommand, type Runner } from '../../src/cli/commands/experiment.js';
import { withControls } from '../../src/experiments/condition.js';
import { permute } from '../../src/experiments/permute/index.js';
import type { AskingExperiment } from '../../src/experiments/types.js';
import type { RunResult } from '../../src/records/result.js';
import { conditionsNamed } from '../support/conditions.js';
import { inFolder, predictionOf } from './stored-runs.js';

/** What a run of `permute` with four images gives: everything right but for the blind conditions. */
const predictions = ['original', 'permuted-0', 'blank-image', 'text-only'].flatMap(condition =>
  [0, 1, 2, 3].map(image => predictionOf(condition, image, 0, !/blank|text/.test(condition))),
);
const result: RunResult = {
  suite: 'mini',
  model: 'Mini',
  variant: 'baseline',
  trainingSeed: 0,
  conditions: conditionsNamed(predictions),
  benchmark: { name: '2ds', title: '2DS (generated)', split: 'test', chance: new Map() },
  seed: 0,
  provenance: { run: 'r' },
  predictions,
};

/** Runs `permute` with a made-up runner; what it was called with, and what it printed. */
async function permuteWith(shard: { index: number; count: number } | null, ...args: string[]) {
  const runner = vi.fn<Runner>(async (experiment, options) => ({
    ...{ suite: 'mini', runs: ['the/run'], shard, options },
    ran: { kind: 'asks', experiment: experiment as AskingExperiment, results: [result] },
  }));
  const printed: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation(text => printed.push(String(text)) > 0);
  try {
    await experimentCommand(permute, runner)
      .exitOverride()
      .parseAsync(['--quiet', '--json', ...args], { from: 'user' });
  } finally {
    write.mockRestore();
  }
  return { options: runner.mock.calls[0]![1], report: JSON.parse(printed.join(''))[0] };
}

describe('an experiment’s command', () => {
  it('hands its settings on, parts of the protocol unset where no flag sets them', async () =>
    inFolder(async results => {
      const { options } = await permuteWith(null, '--results', results, '--ids', 'a,b', '--offset', '3');
      expect(options).toMatchObject({ protocol: 'llava', ids: ['a', 'b'], offset: 3, textOnly: false });
      for (const part of ['template', 'suffix', 'temperature', 'maxNewTokens', 'judge'])
        expect(options[part as keyof typeof options]).toBeUndefined();
    }));

  it('writes its tables', () =>
    inFolder(async results => {
      const { report } = await permuteWith(null, '--results', results);
      expect(report.tables.table1).toMatchObject([{ original: 100, permutation: 100 }]);
      expect(existsSync(join(results, 'mini', 'tables', 'table1.csv'))).toBe(true);
    }));

  it('writes no tables of a shard, whose numbers are a part’s', () =>
    inFolder(async results => {
      const { report } = await permuteWith({ index: 1, count: 2 }, '--results', results);
      expect(report).toMatchObject({ runs: ['the/run'], files: [], tables: {} });
      expect(existsSync(join(results, 'mini'))).toBe(false);
    }));

  it('shows the controls that were asked for beside its own tables', () =>
    inFolder(async results => {
      const { report } = await permuteWith(null, '--results', results, '--text-only');
      expect(report.tables['permute-conditions']).toMatchObject([
        { condition: 'original', n: 4, images: 4, accuracy: 100, low: null, high: null },
        { condition: 'permuted-0', accuracy: 100 },
        { condition: 'blank-image', accuracy: 0 },
        { condition: 'text-only', accuracy: 0 },
      ]);
    }));
});

describe('controls', () => {
  const original = { name: 'original', image: true, interventions: [] };

  it('are added to conditions that lack them, once', () => {
    const names = (wanted: { blankImage: boolean; textOnly: boolean }, have = [original]) =>
      withControls(have, wanted).map(c => `${c.name} ${c.image}`);
    expect(names({ blankImage: false, textOnly: false })).toEqual(['original true']);
    expect(names({ blankImage: true, textOnly: true })).toEqual([
      ...['original true', 'blank-image true', 'text-only false'],
    ]);
    const all = { blankImage: true, textOnly: true };
    expect(withControls(withControls([original], all), all)).toHaveLength(3);
  });

  it('are the ones that permute has itself', () => {
    const own = permute.conditions(
      { seeds: 1, order: 'random', controls: false },
      {
        title: 'Mini',
        variant: 'baseline',
        trainingSeed: 0,
        visionTokens: 64,
        grid: 8,
        layers: 4,
        meanTextNorm: () => 1,
        heads: 4,
        systemPrompt: false,
      },
    );
    expect(withControls(own, { blankImage: true, textOnly: true })).toEqual(own);
  });
});

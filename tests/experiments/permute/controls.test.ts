import { describe, expect, it } from 'vitest';
import { permute } from '../../../src/experiments/permute/index.js';
import { answers, resultOf } from '../made-up-results.js';

const MODEL = {
  ...{ title: 'Mini', visionTokens: 64, grid: 8, layers: 4, heads: 4, systemPrompt: true },
  meanTextNorm: () => 1,
  variant: 'baseline',
  trainingSeed: 0,
} as const;
const names = (given: object, model = MODEL) =>
  permute.conditions(permute.options.parse(given), model).map(c => c.name);

const CONTROLS = [
  'position-ids',
  'one-position',
  'grid-positions',
  'within-rows',
  'within-columns',
  'except-sinks',
];

describe('the permutation test’s controls', () => {
  it('are asked only where they are wanted', () => {
    const around = (...controls: string[]) => [
      'original',
      'permuted-0',
      ...controls,
      'blank-image',
      'text-only',
    ];
    expect(names({})).toEqual(around());
    expect(names({ controls: true })).toEqual(
      around(...CONTROLS, 'knock-out-1-4', 'knock-out-1-2', 'knock-out-3-4'),
    );
    expect(names({ knockOut: ['2', '1-3', '2-2'] })).toEqual(around('knock-out-2-2', 'knock-out-1-3'));
    expect(names({ controls: true }, { ...MODEL, layers: 1 })).toContain('knock-out-1-1');
  });

  it('are refused, as orders are, where the model has no such layers or grid', () => {
    expect(() => names({ knockOut: ['3-9'] })).toThrow('layers 1 to 4');
    expect(() => names({ controls: true }, { ...MODEL, visionTokens: 65 })).toThrow('square grid');
    expect(() => names({ order: 'blocks:3' })).toThrow('do not divide the 8×8 grid');
  });

  const rates = { original: 0.9, 'permuted-0': 0.6, 'blank-image': 0.2, 'text-only': 0.2 };
  const table = (more: Record<string, number>) =>
    permute
      .tables([resultOf('gqa', answers({ ...rates, ...more }))], permute.options.parse({}))
      .find(t => t.name === 'table1-controls');

  it('have a line each, against the tokens’ own order', () => {
    const { rows } = table({
      'position-ids': 0.6,
      'within-rows': 0.8,
      'knock-out-1-2': 0.4,
      'knock-out-3-3': 0.9,
    })!;
    expect(rows.map(r => r.control)).toEqual([
      'nothing',
      'order of the tokens',
      'position ids alone',
      'order within each row',
      'no attention to vision, layers 1–2',
      'no attention to vision, layer 3',
      'image blank',
      'no image',
    ]);
    expect(rows[0]!.difference).toBeNull();
    for (const row of rows.slice(1)) {
      expect(row.difference).toBeCloseTo(Number(row.accuracy) - Number(rows[0]!.accuracy), 9);
    }
  });

  it('have no table where none was asked', () => {
    expect(table({})).toBeUndefined();
  });
});

import { describe, expect, it } from 'vitest';
import { compress } from '../../../src/experiments/compress/index.js';
import type { ModelTraits } from '../../../src/experiments/types.js';
import type { RunResult } from '../../../src/records/result.js';
import { answers, resultOf } from '../made-up-results.js';

const traits = (side: number, more: Partial<ModelTraits> = {}): ModelTraits => ({
  title: 'Mini',
  variant: 'baseline',
  trainingSeed: 0,
  visionTokens: side * side,
  grid: side,
  layers: 4,
  heads: 4,
  systemPrompt: true,
  meanTextNorm: () => 1,
  ...more,
});

const names = (options: object, model: ModelTraits) =>
  compress.conditions(compress.options.parse(options), model).map(({ name }) => name);

describe('compress asks', () => {
  it('with the paper’s token counts on its grid, with halvings of a small one', () => {
    const around = (...counts: number[]) => [
      'original',
      ...counts.map(n => `pooled-${n}`),
      'blank-image',
      'text-only',
    ];
    expect(names({}, traits(24))).toEqual(around(256, 64, 16, 1));
    expect(names({}, traits(27))).toEqual(around(256, 64, 16, 1));
    expect(names({}, traits(8))).toEqual(around(16, 4, 1));
    expect(names({}, traits(5))).toEqual(around(4, 1));
    expect(names({}, traits(1))).toEqual(around());
  });

  it('with all tokens once, however they are counted, and each pooling apart', () => {
    expect(names({ tokens: [1, 64, 16, 16], pool: ['avg', 'max'] }, traits(8))).toEqual([
      'original',
      ...['pooled-16', 'pooled-1', 'pooled-16-max', 'pooled-1-max', 'blank-image', 'text-only'],
    ]);
  });

  it('a retrained checkpoint only as it is', () => {
    expect(names({}, traits(4, { retrainedFor: 16 }))).toEqual(['original']);
    expect(() => names({}, traits(4, { retrainedFor: 4 }))).toThrow('checkpoint makes 16');
  });

  it('nothing that does not fit the grid', () => {
    expect(() => names({ tokens: [60] }, traits(8))).toThrow('60 tokens are not a square grid');
    expect(() => names({ tokens: [60] }, traits(8))).toThrow('49 and 64');
    expect(() => names({ tokens: [81] }, traits(8))).toThrow('more than the 64 (8×8)');
    expect(() => names({}, traits(8, { visionTokens: 65 }))).toThrow('square grid of vision tokens');
  });
});

/** Two benchmarks: POPE is seen and lost with one token, GQA is seen and kept; the retrained model keeps both. */
const seen = { original: 0.95, 'pooled-16': 0.9, 'blank-image': 0.4, 'text-only': 0.4 };
const results: RunResult[] = [
  { ...resultOf('pope', answers({ ...seen, 'pooled-1': 0.5 })), visionTokens: 64 },
  { ...resultOf('gqa', answers({ ...seen, 'pooled-1': 0.95 })), visionTokens: 64 },
  ...['pope', 'gqa'].map(name => ({
    ...resultOf(name, answers({ original: 0.94 }), 'Mini, 1 token'),
    visionTokens: 1,
    retrainedFor: 1,
  })),
];
const options = compress.options.parse({});
const table = (name: string, of = results) => compress.tables(of, options).find(t => t.name === name)!;

describe('compress says', () => {
  it('per benchmark all tokens first, then each point with what it lost', () => {
    const { rows } = table('fig2');
    expect(rows.map(r => `${r.dataset} ${r.tokens} ${r.made}`)).toEqual(
      ['POPE', 'GQA'].flatMap(name => [
        `${name} 64 not compressed`,
        `${name} 16 pooled`,
        `${name} 1 pooled`,
        `${name} 1 retrained`,
      ]),
    );
    expect(rows[0]!.difference).toBeNull();
    for (const row of rows) {
      const [whole] = rows.filter(r => r.dataset === row.dataset);
      if (row.difference === null) continue;
      expect(row.difference).toBeCloseTo(Number(row.accuracy) - Number(whole!.accuracy), 9);
      expect(Number(row.differenceLow)).toBeLessThanOrEqual(row.difference as number);
      expect(Number(row.differenceHigh)).toBeGreaterThanOrEqual(row.difference as number);
    }
  });

  it('in the long form each point’s own run, and p adjusted for all points of a benchmark', () => {
    const { rows } = table('fig2-long');
    expect(rows.filter(r => r.made === 'retrained').map(r => r.weights)).toEqual([
      'Mini, 1 token',
      'Mini, 1 token',
    ]);
    for (const { p, pHolm } of rows) {
      if (p === null) expect(pHolm).toBeNull();
      else expect(Number(pHolm)).toBeGreaterThanOrEqual(Number(p));
    }
    expect(rows.find(r => r.made === 'pooled' && r.tokens === 1)!.pHolm).toBeCloseTo(
      3 * Number(rows.find(r => r.made === 'pooled' && r.tokens === 1)!.p),
      9,
    );
  });

  it('of claim 2 what one token keeps, pooled and retrained, and nothing of what is not seen', () => {
    const verdicts = compress.verdicts!(results, options);
    expect(verdicts.map(v => `${v.about}: ${v.says}`)).toEqual([
      'POPE (test), pooled: does not hold',
      'POPE (test), retrained: holds',
      'GQA (test), pooled: holds',
      'GQA (test), retrained: holds',
    ]);
    const blind = { original: 0.5, 'pooled-1': 0.5, 'blank-image': 0.5, 'text-only': 0.5 };
    const [verdict] = compress.verdicts!([{ ...resultOf('gqa', answers(blind)), visionTokens: 64 }], options);
    expect(verdict!.says).toBe('cannot tell');
    expect(verdict!.because).toContain(
      'not shown, at the 0.001 level, to answer better than without the image',
    );
  });

  it('retrained checkpoints alone, without a difference', () => {
    const alone = results.slice(2);
    expect(table('fig2', alone).rows.map(r => [r.dataset, r.made, r.difference])).toEqual([
      ['POPE', 'retrained', null],
      ['GQA', 'retrained', null],
    ]);
    expect(compress.verdicts!(alone, options)).toEqual([]);
  });

  it('several models in a table that names them, and a figure each', () => {
    const other = {
      ...resultOf('pope', answers({ ...seen, 'pooled-1': 0.5 }), '+ Normalize'),
      visionTokens: 64,
    };
    const both = [...results, other];
    expect(table('fig2', both).rows).toHaveLength(8);
    expect(new Set(table('fig2-models', both).rows.map(r => r.model))).toEqual(
      new Set(['Mini', '+ Normalize']),
    );
    expect(compress.figures!(both, options).map(f => f.name)).toEqual(['fig2', 'fig2-normalize']);
  });

  it('nothing of accuracy where answers are not published', () => {
    const hidden = answers({ ...seen, 'pooled-1': 0.5 }).map(p => ({ ...p, score: Number.NaN }));
    const unscored = [{ ...resultOf('vqav2', hidden), visionTokens: 64 }];
    expect(table('fig2', unscored).rows.every(r => Number.isNaN(r.accuracy))).toBe(true);
    expect(compress.verdicts!(unscored, options)).toEqual([]);
    expect(compress.figures!(unscored, options)).toEqual([]);
  });
});

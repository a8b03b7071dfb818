import { describe, expect, it } from 'vitest';
import { evaluation } from '../../../src/experiments/eval/index.js';
import { paperCell, readPaper } from '../../../src/paper/paper.js';
import type { Chart, Sheet } from '../../../src/records/figure.js';
import type { RunResult } from '../../../src/records/result.js';
import type { Verdict } from '../../../src/records/verdict.js';
import { answers, type Question } from '../answers.js';

const CATEGORIES = ['color.abs', 'color.rel', 'shape.abs', 'shape.rel', 'shape_color.abs', 'shape_color.rel'];
const CONDITIONS = ['original', 'text-only'];
type Score = (question: Question) => number;

const twoDs = (model: string, score: Score, options: { conditions?: string[]; images?: number } = {}) =>
  answers({ model, benchmark: '2ds', categories: CATEGORIES, ...options }, score);
const cvbench = (model: string, score: Score) =>
  answers({ model, benchmark: 'cvbench', categories: ['Relation', 'Count'] }, score);
/** Right on so many of ten images, whatever the category. */
const tenths =
  (right: number): Score =>
  ({ image }) =>
    Math.floor(image / 5) % 10 < right ? 1 : 0;

const verdicts = (...results: RunResult[]): readonly Verdict[] => evaluation.verdicts!(results, {});
const says = (claim: number, all: readonly Verdict[]) => all.filter(v => v.claim === claim).map(v => v.says);

describe('claim 5, normalising', () => {
  const base = twoDs('Mini', tenths(5));

  it('holds where the whole interval of the gain is above 0', () => {
    const [gain] = verdicts(base, twoDs('+ Normalize', tenths(8)));
    expect(gain).toMatchObject({ says: 'holds', model: '+ Normalize', suite: 'mini', claim: 5 });
    expect(gain!.value).toBeCloseTo(30, 9);
    expect(gain!.low!).toBeGreaterThan(0);
  });

  it('does not hold where it is at or below 0, and cannot be told between', () => {
    expect(verdicts(base, twoDs('+ Normalize', tenths(2)))[0]).toMatchObject({ says: 'does not hold' });
    const asMuchUpAsDown: Score = ({ image }) => (Math.floor(image / 5) % 10 >= 5 ? 1 : 0);
    const [gain] = verdicts(base, twoDs('+ Normalize', asMuchUpAsDown));
    expect(gain!.says).toBe('cannot tell');
    expect(gain!.low!).toBeLessThan(0);
    expect(gain!.high!).toBeGreaterThan(0);
  });

  it('sets the gain in colour relations against the mean gain elsewhere', () => {
    const inColourRelations: Score = q => (q.category === 'color.rel' ? 1 : tenths(5)(q));
    const [, excess] = verdicts(base, twoDs('+ Normalize', inColourRelations));
    expect(excess).toMatchObject({ says: 'holds', about: '2DS, test: colour relations' });
    expect(excess!.value).toBeCloseTo(50, 9);
    const elsewhere: Score = q => (q.category === 'color.rel' ? tenths(5)(q) : 1);
    expect(verdicts(base, twoDs('+ Normalize', elsewhere))[1]!.value).toBeCloseTo(-50, 9);
    expect(verdicts(base, twoDs('+ Normalize', elsewhere))[1]!.says).toBe('does not hold');
  });

  it('fits the gain over the number of objects', () => {
    const wrong: Score = () => 0;
    // 10 points for every object from the second on: 0 with two, 40 with six.
    const rising: Score = ({ objects }) => (objects - 2) / 10;
    const [, , slope] = verdicts(twoDs('Mini', wrong), twoDs('+ Normalize', rising));
    expect(slope!.value).toBeCloseTo(10, 9);
    expect(slope!.says).toBe('holds');
    const falling: Score = ({ objects }) => (6 - objects) / 10;
    expect(verdicts(twoDs('Mini', wrong), twoDs('+ Normalize', falling))[2]).toMatchObject({
      says: 'does not hold',
    });
  });

  it('says nothing of the number of objects where all images have the same, nothing at all on fewer than ten images', () => {
    const two = (result: RunResult): RunResult => ({
      ...result,
      predictions: result.predictions.filter(p => p.labels.objects === 2),
    });
    const [, , slope] = verdicts(two(base), two(twoDs('+ Normalize', tenths(8))));
    expect(slope).toMatchObject({
      says: 'cannot tell',
      because: expect.stringContaining('same number of objects'),
    });
    const one = { images: 1 };
    const [gain] = verdicts(
      twoDs('Mini', () => 0, one),
      twoDs('+ Normalize', () => 1, one),
    );
    expect(gain).toMatchObject({
      says: 'cannot tell',
      low: null,
      high: null,
      because: expect.stringContaining('too few images (1;'),
    });
  });
});

describe('claim 6, multilayer features', () => {
  it('are compared with + Normalize, not with the baseline', () => {
    const [normalize, multilayer] = [
      twoDs('+ Normalize', tenths(8)),
      twoDs('+ Normalize + Multilayer', tenths(6)),
    ];
    const all = verdicts(twoDs('Mini', tenths(3)), normalize, multilayer);
    expect(says(6, all)).toEqual(['does not hold']);
    expect(all.find(v => v.claim === 6)!.value).toBeCloseTo(-20, 9);
  });
});

describe('claim 7, standard benchmarks', () => {
  it('is about each variant’s gain, on CV-Bench about its relations too', () => {
    const onlyRelations: Score = q => (q.category === 'Relation' ? 1 : tenths(5)(q));
    const all = verdicts(cvbench('Mini', tenths(5)), cvbench('+ Normalize', onlyRelations));
    expect(all.map(v => [v.claim, v.about, v.says, Math.round(v.value)])).toEqual([
      [7, 'CVBENCH, test', 'holds', 25],
      [7, 'CVBENCH, test: relations', 'holds', 50],
    ]);
  });

  it('says nothing where the split’s answers are not published', () => {
    expect(
      verdicts(
        cvbench('Mini', () => Number.NaN),
        cvbench('+ Normalize', () => Number.NaN),
      ),
    ).toEqual([]);
  });
});

describe('which models are compared', () => {
  it('pairs members of one seed, and leaves out what was retrained for a token count', () => {
    const all = verdicts(
      twoDs('Mini', tenths(9)),
      { ...twoDs('Mini, 16 tokens', tenths(9)), retrainedFor: 16 },
      twoDs('Mini, seed 1', tenths(2)),
      twoDs('+ Normalize, seed 1', tenths(6)),
    );
    expect(all[0]).toMatchObject({ model: '+ Normalize, seed 1', says: 'holds' });
    expect(all[0]!.value).toBeCloseTo(40, 9);
    expect(all[0]!.statistic).toContain('Mini, seed 1');
  });

  it('has no verdict of a baseline alone, nor of a variant without one', () => {
    expect(verdicts(twoDs('Mini', tenths(5)), cvbench('Mini', tenths(5)))).toEqual([]);
    expect(verdicts(twoDs('+ Normalize', tenths(5)))).toEqual([]);
  });

  it('refuses models that answered different questions', () => {
    const fewer = twoDs('+ Normalize', tenths(5), { images: 50 });
    expect(() => verdicts(twoDs('Mini', tenths(5)), fewer)).toThrow(/different questions/);
  });
});

describe('the figures', () => {
  const options = { conditions: CONDITIONS };
  const blindOr =
    (right: number): Score =>
    q =>
      q.condition === 'text-only' ? 0.25 : tenths(right)(q);
  const results = [twoDs('Mini', blindOr(5), options), twoDs('+ Normalize', blindOr(8), options)];
  const figures = new Map(evaluation.figures!(results, {}).map(figure => [figure.name, figure]));
  const rows = (name: string, kind: string) => {
    const { data } = (figures.get(name) as Chart).spec as { data: { values: Record<string, unknown>[] } };
    return data.values.filter(row => row.kind === kind);
  };

  it('Figure 4 shows scenes with two, two, three and four objects, each another image', () => {
    const { panels } = figures.get('fig4') as Sheet;
    expect(panels.map(({ heading }) => heading[0])).toEqual([
      '2 objects',
      '2 objects',
      '3 objects',
      '4 objects',
    ]);
    expect(new Set(panels.map(({ image }) => image)).size).toBe(4);
  });

  it('Figure 5 has a point for every model and number of objects, and none of the paper’s', () => {
    expect(rows('fig5', 'ours').map(({ series, x }) => `${series} ${x}`)).toEqual(
      ['Mini', '+ Normalize'].flatMap(model => [2, 3, 4, 5, 6].map(objects => `${model} ${objects}`)),
    );
    for (const { series, value } of rows('fig5', 'ours'))
      expect(value).toBeCloseTo(series === 'Mini' ? 50 : 80, 9);
    expect(rows('fig5', 'paper')).toEqual([]);
  });

  it('Figure 6 sets the paper’s Table 2 beside each model, the floors beside each category', () => {
    expect(rows('fig6', 'ours')).toHaveLength(7 * 2);
    const ghosts = rows('fig6', 'paper');
    expect(ghosts).toHaveLength(7 * 2);
    const printed = (row: string, column: string) => paperCell(readPaper(), 'table2', row, column)!.value;
    const ghost = (category: string, series: string) =>
      ghosts.find(row => row.category === category && row.series === series)!.value;
    expect(ghost('Shape.rel.', '+ Normalize')).toBe(printed('shape.rel', 'normalize'));
    expect(ghost('Overall', 'Mini')).toBe(printed('overall', 'baseline'));
    const floors = rows('fig6', 'floor');
    expect(floors.filter(({ label }) => label === 'Mini, text only').map(({ value }) => value)).toEqual(
      Array(7).fill(25),
    );
    expect(floors.filter(({ label }) => label === 'chance floor')).toHaveLength(1);
  });

  it('repeats the paper’s numbers beside no further seeds', () => {
    const [, fig5, fig6] = evaluation.figures!(
      [results[0]!, { ...results[0]!, model: 'Mini, seed 1', trainingSeed: 1 }],
      {},
    );
    expect(fig5).toBeDefined();
    const { data } = (fig6 as Chart).spec as { data: { values: { kind: string; series: string }[] } };
    const beside = data.values.filter(row => row.kind === 'paper').map(row => row.series);
    expect(new Set(beside)).toEqual(new Set(['Mini']));
  });

  it('has none without 2DS', () => {
    expect(evaluation.figures!([cvbench('Mini', tenths(5))], {})).toEqual([]);
  });
});

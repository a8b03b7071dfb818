import { describe, expect, it } from 'vitest';
import { decideAll, type Evidence } from '../../src/experiments/decide.js';
import { differenceFrom, differenceOf } from '../../src/experiments/estimates.js';
import type { ConditionScores } from '../../src/experiments/scores.js';
import { simulatedStudy } from '../metrics/fixtures.js';

const of = (suite: string) => ({ suite, model: 'Mini' }) as Evidence['of'];
const evidence = (given: Partial<Evidence> = {}): Evidence => ({
  of: of('mini'),
  claim: 1,
  about: 'POPE',
  statistic: 'points lost',
  value: 1,
  low: 0.5,
  high: 1.5,
  p: 0.02,
  claimed: { atMost: 2 },
  images: 60,
  detail: 'over 60 images',
  ...given,
});
const says = (all: readonly Evidence[]) => decideAll(all).map(v => v.says);

describe('verdicts', () => {
  it('are decided by p, on the side where the value is', () => {
    expect(says([evidence()])).toEqual(['holds']);
    expect(says([evidence({ value: 3 })])).toEqual(['does not hold']);
    expect(says([evidence({ claimed: { above: 2 } })])).toEqual(['does not hold']);
    expect(says([evidence({ p: 0.06 })])).toEqual(['cannot tell']);
  });

  it('are adjusted over the verdicts of one claim in one suite, controls apart', () => {
    const [a, b, ...rest] = decideAll([
      evidence({ p: 0.02 }),
      evidence({ p: 0.03 }),
      evidence({ p: 0.03, claim: 2 }),
      evidence({ p: 0.03, control: true }),
      evidence({ p: 0.03, of: of('other') }),
      evidence({ p: Number.NaN }),
    ]);
    expect([a!.p, b!.p]).toEqual([0.04, 0.04]);
    expect(a!.because).toBe('p = 0.020 against 2, p = 0.040 after Holm over 2 verdicts; over 60 images');
    expect(rest.map(v => [v.says, v.p])).toEqual([
      ['holds', 0.03],
      ['holds', 0.03],
      ['holds', 0.03],
      ['cannot tell', Number.NaN],
    ]);
    expect(says([evidence({ p: 0.03 }), evidence({ p: 0.04 })])).toEqual(['cannot tell', 'cannot tell']);
  });

  it('do not follow where something speaks against it, which takes nothing from a claim that fails', () => {
    const but = 'the model is not shown to see';
    const [held, failed] = decideAll([evidence({ but }), evidence({ but, value: 3, p: 0.001 })]);
    expect(held).toMatchObject({ says: 'cannot tell', because: but });
    expect(failed).toMatchObject({ says: 'does not hold' });
  });

  it('say nothing of few images', () => {
    const few = { low: Number.NaN, high: Number.NaN, p: Number.NaN, images: 4 };
    expect(decideAll([evidence(few)])).toMatchObject([
      {
        says: 'cannot tell',
        low: null,
        high: null,
        p: null,
        because: 'too few images (4; an interval needs 10)',
      },
    ]);
  });
});

it('a difference from 0 has the p of the tables, from another bound that of its interval', () => {
  const { a, b, image } = simulatedStudy(40, 5);
  const scores = (of: readonly number[]): ConditionScores => ({
    ids: of.map((_, i) => String(i)),
    scores: of,
    images: image,
  });
  const [after, before] = [scores(a), scores(b)];
  const { differenceLow, differenceHigh, p } = differenceOf(after, before, 0);
  expect(differenceFrom(after, before, 0, 0).p).toBe(p);
  for (const bound of [differenceLow, differenceHigh])
    expect(differenceFrom(after, before, 0, bound).p).toBeCloseTo(0.05, 9);
});

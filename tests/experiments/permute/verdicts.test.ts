import { describe, expect, it } from 'vitest';
import { permutationChart, permutationVerdicts } from '../../../src/experiments/permute/claim1.js';
import type { PermutationScores } from '../../../src/experiments/permute/conditions.js';
import { named, scoresOf } from '../../../src/experiments/scores.js';
import { paperCell, readPaper } from '../../../src/paper/paper.js';
import { answers } from '../answers.js';

const CONDITIONS = ['original', 'permuted-0', 'blank-image', 'text-only'];

/** A model that is right on so many per cent of four hundred images, the same ones first, under each condition. */
function test(
  [original, permuted, blank, textOnly]: readonly [number, number, number, number],
  model = 'Mini',
  benchmark = 'gqa',
): PermutationScores {
  const right = { original, 'permuted-0': permuted, 'blank-image': blank, 'text-only': textOnly };
  const result = answers(
    { model, benchmark, categories: ['query'], conditions: CONDITIONS, images: 400 },
    ({ image, condition }) => (image < 4 * right[condition as keyof typeof right] ? 1 : 0),
  );
  const scores = (condition: string) => scoresOf(named(result.predictions, condition));
  return {
    result,
    original: scores('original'),
    permuted: scores('permuted-0'),
    blank: scores('blank-image'),
    textOnly: scores('text-only'),
  };
}

describe('claim 1, permutation costs little', () => {
  it.each([
    ['holds', 'nothing is lost', [90, 90, 20, 30], 0],
    ['does not hold', 'much is lost', [90, 50, 20, 30], 40],
    ['cannot tell', 'the interval reaches over 2.74 points', [90, 87, 20, 30], 3],
  ] as const)('%s where %s', (says, _, rates, loss) => {
    const [verdict] = permutationVerdicts([test(rates)]);
    expect(verdict).toMatchObject({ claim: 1, suite: 'mini', model: 'Mini', about: 'GQA, test', says });
    expect(verdict!.value).toBeCloseTo(loss, 9);
  });

  it('cannot be told of a model that is blind to the images, however little it loses', () => {
    for (const rates of [
      [50, 50, 50, 30],
      [50, 50, 30, 50],
      [50, 50, 20, 48],
    ] as const) {
      const [verdict] = permutationVerdicts([test(rates)]);
      expect(verdict!.says).toBe('cannot tell');
      expect(verdict!.because).toMatch(
        /not shown, at the 0.001 level, to answer better than without the image/,
      );
    }
  });

  it('does not hold of a model that loses much, whatever it sees', () => {
    const [verdict] = permutationVerdicts([test([50, 30, 50, 50])]);
    expect(verdict).toMatchObject({ says: 'does not hold', value: expect.closeTo(20, 9) });
  });

  it('cannot be told of fewer than ten images', () => {
    const few = test([90, 90, 20, 30]);
    const nine = ({ ids, scores, images }: typeof few.original) => ({
      ids: ids.slice(0, 9),
      scores: scores.slice(0, 9),
      images: images.slice(0, 9),
    });
    const { original, permuted, blank, textOnly } = few;
    const cut = {
      original: nine(original),
      permuted: nine(permuted),
      blank: nine(blank),
      textOnly: nine(textOnly),
    };
    const [verdict] = permutationVerdicts([{ ...few, ...cut }]);
    expect(verdict).toMatchObject({ says: 'cannot tell', low: null, high: null, p: null });
    expect(verdict!.because).toBe('too few images (9; an interval needs 10)');
  });

  it('cannot be told where the image itself gains less than the loss in question', () => {
    // A hundredth more on every single image is certain, but small.
    const seen = test([50, 50, 50, 50]);
    const unseen = { ...seen.original, scores: seen.original.scores.map(score => score - 0.01) };
    const [verdict] = permutationVerdicts([{ ...seen, blank: unseen, textOnly: unseen }]);
    expect(verdict).toMatchObject({
      says: 'cannot tell',
      because: expect.stringContaining('no more than 1.00 points'),
    });
  });

  it('is left out where answers are not published', () => {
    const hidden = test([1, 1, 1, 1]);
    const nan = { ...hidden.original, scores: hidden.original.scores.map(() => Number.NaN) };
    expect(permutationVerdicts([{ ...hidden, original: nan }])).toEqual([]);
  });
});

describe('the permutation test’s chart', () => {
  const tests = [
    test([90, 80, 20, 30]),
    test([60, 50, 20, 30], '+ Normalize'),
    test([90, 80, 20, 30], 'Mini', '2ds'),
  ];
  const rows = (kind: string) =>
    (permutationChart(tests).spec.data as { values: Record<string, unknown>[] }).values.filter(
      row => row.kind === kind,
    );

  it('has original and permuted of every model and benchmark, and both blind scores', () => {
    expect(
      rows('ours').map(({ panel, category, series, value }) => [
        panel,
        category,
        series,
        Math.round(value as number),
      ]),
    ).toEqual([
      ['Mini', 'GQA', 'original order', 90],
      ['Mini', 'GQA', 'permuted', 80],
      ['+ Normalize', 'GQA', 'original order', 60],
      ['+ Normalize', 'GQA', 'permuted', 50],
      ['Mini', '2DS', 'original order', 90],
      ['Mini', '2DS', 'permuted', 80],
    ]);
    expect(rows('floor').map(({ label, value }) => [label, Math.round(value as number)])).toEqual(
      tests.flatMap(() => [
        ['text only', 30],
        ['blank image', 20],
      ]),
    );
  });

  it('sets the paper’s Table 1 beside the baseline, where the paper has that benchmark', () => {
    const printed = (column: string) => paperCell(readPaper(), 'table1', 'gqa', column)!.value;
    expect(rows('paper')).toEqual([
      { kind: 'paper', category: 'GQA', panel: 'Mini', series: 'original order', value: printed('original') },
      { kind: 'paper', category: 'GQA', panel: 'Mini', series: 'permuted', value: printed('permuted') },
    ]);
  });
});

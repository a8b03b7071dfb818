import { describe, expect, it } from 'vitest';
import type { PermutationScores } from '../../../src/experiments/permute/conditions.js';
import { psiCharts, psiOf, psiTable, psiVerdicts } from '../../../src/experiments/permute/psi.js';
import { named, scoresOf } from '../../../src/experiments/scores.js';
import { answers } from '../answers.js';

const CONDITIONS = ['original', 'permuted-0', 'blank-image', 'text-only'];

/** A model that is right on so many per cent of four hundred images, the same ones first. */
function read(original: number, permuted: number, model = 'Mini', benchmark = 'gqa'): PermutationScores {
  const right: Record<string, number> = { original, 'permuted-0': permuted };
  const result = answers(
    { model, benchmark, categories: ['query'], conditions: CONDITIONS, images: 400 },
    ({ image, condition }) => (image < 4 * (right[condition] ?? 0) ? 1 : 0),
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

describe('the Position Sensitivity Index', () => {
  it('is the loss in per cent of the accuracy, with an interval around it', () => {
    const { value, low, high } = psiOf(read(80, 60));
    expect(value).toBeCloseTo(25, 10);
    // Of the 320 images that are right in order a quarter is lost: a share of 0.25 of 320.
    const error = 100 * Math.sqrt((0.25 * 0.75) / 320);
    expect(high - low).toBeCloseTo(2 * 1.96 * error, 0);
  });

  it('is negative where a random order helps, 0 of one that is blind to order, and not defined of one that is never right', () => {
    expect(psiOf(read(50, 60)).value).toBeCloseTo(-20, 10);
    expect(psiOf(read(50, 50)).value).toBe(0);
    expect(psiOf(read(0, 0)).value).toBeNaN();
    const { rows } = psiTable([read(0, 0)]);
    expect(rows[0]!['psi Mini']).toBeNull();
  });

  it('stands in a table of benchmarks by variants, beside what the paper’s Table 1 gives', () => {
    const table = psiTable([
      read(80, 60),
      read(80, 40, '+ Normalize'),
      read(90, 90, 'Mini', 'pope'),
      read(50, 25, 'Mini', '2ds'),
    ]);
    expect(table.columns.map(({ label }) => label)).toEqual([
      'Dataset',
      'Mini',
      '+ Normalize',
      'Paper, from Table 1',
    ]);
    expect(table.rows.map(row => row['psi Mini'])).toEqual([25, 0, 50]);
    expect(table.rows.map(row => row['psi + Normalize'] ?? null)).toEqual([50, null, null]);
    // 61.36 in order and 58.62 permuted on GQA, 87.3 and 87.10 on POPE; no 2DS.
    expect(table.rows.map(row => row.paper)).toEqual([
      expect.closeTo(4.4655, 3),
      expect.closeTo(0.2291, 3),
      null,
    ]);
  });

  it('is drawn for every model and benchmark that has one', () => {
    const drawn = JSON.stringify(psiCharts([read(80, 60), read(0, 0, '+ Normalize')]));
    expect(drawn).toContain('"value":25');
    expect(drawn).not.toContain('+ Normalize');
    expect(psiCharts([read(0, 0)])).toEqual([]);
  });
});

describe('claim 9, normalising raises the index and multilayer features lower it', () => {
  const normalize = read(80, 40, '+ Normalize');
  const multilayer = read(90, 80, '+ Normalize + Multilayer');

  it('holds where the index lies above both others', () => {
    const verdicts = psiVerdicts([read(80, 60), normalize, multilayer]);
    expect(verdicts.map(({ claim, says, model }) => [claim, says, model])).toEqual([
      [9, 'holds', '+ Normalize'],
      [9, 'holds', '+ Normalize'],
    ]);
    expect(verdicts[0]!.value).toBeCloseTo(25, 10);
    expect(verdicts[1]!.statistic).toContain('Multilayer');
  });

  it('does not hold where it lies below, and is not told of a model without its counterpart', () => {
    expect(psiVerdicts([read(80, 20), normalize])[0]!.says).toBe('does not hold');
    expect(psiVerdicts([normalize])).toEqual([]);
    expect(psiVerdicts([read(80, 60), multilayer])).toEqual([]);
  });
});

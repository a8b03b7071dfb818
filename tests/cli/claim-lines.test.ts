import { expect, it } from 'vitest';
import { claimLines } from '../../src/cli/claim-lines.js';
import type { Report } from '../../src/harness/write-report.js';
import type { Verdict } from '../../src/records/verdict.js';

const verdict = (claim: number, given: Partial<Verdict> = {}): Verdict => ({
  claim,
  suite: 'mini',
  model: 'Mini',
  about: 'POPE',
  says: 'holds',
  statistic: 'points lost',
  value: 1,
  low: 0.5,
  high: 1.5,
  p: 0.01,
  because: 'so it is',
  ...given,
});

const reportOf = (experiment: string, verdicts: readonly Verdict[]): Report => ({
  experiment,
  verdicts,
  paper: '',
  summary: '',
  suite: 'mini',
  tables: [],
  figures: [],
  notices: [],
  files: [],
  runs: [],
});

const about = (claim: number, lines: readonly string[]) =>
  lines.filter(line => line.startsWith(`${claim}. `));

it('has a line for every claim of the paper, answered or not', () => {
  const lines = claimLines([reportOf('eval', [])]);
  expect(lines.map(line => Number.parseInt(line, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(lines[0]).toBe('1. cannot tell: permute did not run');
  const positions = claimLines([reportOf('positions', [])]);
  expect(positions[9]).toBe(
    '10. cannot tell: the models that were run do not answer it; positions --template vicuna_v1 does',
  );
  expect(lines[4]).toMatch(/^5\. cannot tell: .*--model all/);
});

it('gives a single number with its interval, of several the least and the greatest', () => {
  const several = [
    verdict(1),
    verdict(1, { value: 3, says: 'does not hold' }),
    verdict(1, { value: -0.004, says: 'cannot tell' }),
  ];
  const lines = claimLines([reportOf('permute', several), reportOf('norms', [verdict(3)])]);
  expect(about(3, lines)).toEqual(['3. Mini: holds; points lost: 1.00 (95% 0.50 to 1.50)']);
  expect(about(1, lines)).toEqual([
    '1. Mini: holds on 1 of 3, does not hold on 1, cannot tell on 1; points lost: -0.004 to 3.00',
  ]);
});

it('has a line a model that the claim speaks of, and leaves controls out beside one', () => {
  const of = (claim: number) => ['Mini', 'Mini, seed 1'].map(model => verdict(claim, { model }));
  const control = verdict(1, { model: '+ Normalize', control: true });
  const changed = verdict(5, { model: '+ Normalize' });
  const lines = claimLines([reportOf('permute', [...of(1), control]), reportOf('eval', [changed])]);
  expect(about(1, lines).map(line => line.split(':')[0])).toEqual(['1. Mini', '1. Mini, seed 1']);
  expect(about(5, lines).map(line => line.split(':')[0])).toEqual(['5. + Normalize']);
});

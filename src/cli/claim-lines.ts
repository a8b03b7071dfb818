import type { Report } from '../harness/write-report.js';
import { type Claim, readClaims } from '../paper/paper-lists.js';
import { onOneLine } from '../printable.js';
import type { Verdict } from '../records/verdict.js';
import { readableCell } from '../report/format-cell.js';

const SAYS = ['holds', 'does not hold', 'cannot tell'] as const;

/**
 * What the reports say of the paper's claims: a line a claim and model, controls left out. A claim that nothing answers has a
 * line that says what would.
 */
export function claimLines(reports: readonly Report[]): string[] {
  const ran = new Set(reports.map(({ experiment }) => experiment));
  return readClaims().flatMap(claim => {
    const of = reports.flatMap(report => report.verdicts.filter(verdict => verdict.claim === claim.number));
    const subjects = of.filter(({ control }) => !control);
    const verdicts = subjects.length > 0 ? subjects : of;
    if (verdicts.length === 0) return [`${claim.number}. ${unanswered(claim, ran)}`];
    return [...groups(verdicts, ({ suite, model }) => `${suite} ${model}`).values()].map(ofModel =>
      onOneLine(`${claim.number}. ${ofModel[0]!.model}: ${inBrief(ofModel)}; ${numbers(ofModel)}`),
    );
  });
}

function unanswered({ experiments, needs }: Claim, ran: ReadonlySet<string>): string {
  const missing = experiments.filter(name => !ran.has(name));
  if (missing.length > 0) return `cannot tell: ${missing.join(', ')} did not run`;
  const what =
    needs === undefined ? "--model all brings the paper's variants" : `${experiments[0]} ${needs} does`;
  return `cannot tell: the models that were run do not answer it; ${what}`;
}

/** "holds"; of several benchmarks or parts "holds on 3 of 5, cannot tell on 2". */
function inBrief(verdicts: readonly Verdict[]): string {
  const counts = SAYS.map(says => ({ says, n: verdicts.filter(v => v.says === says).length }));
  const there = counts.filter(({ n }) => n > 0);
  if (there.length === 1) return there[0]!.says + (verdicts.length > 1 ? ` on all ${verdicts.length}` : '');
  return there
    .map(({ says, n }, i) => `${says} on ${n}${i === 0 ? ` of ${verdicts.length}` : ''}`)
    .join(', ');
}

/** Each statistic with its value and 95 % interval, or with the least and the greatest of several. */
const numbers = (verdicts: readonly Verdict[]): string =>
  [...groups(verdicts, ({ statistic }) => statistic)]
    .map(([statistic, of]) => {
      const values = of.map(({ value }) => value).filter(value => !Number.isNaN(value));
      if (values.length === 0) return `${statistic}: not known`;
      const [{ low, high }] = of as [Verdict];
      const [least, greatest] = [Math.min(...values), Math.max(...values)];
      if (of.length > 1 && least < greatest) return `${statistic}: ${written(least)} to ${written(greatest)}`;
      const interval =
        of.length > 1 || low === null || high === null ? '' : ` (95% ${written(low)} to ${written(high)})`;
      return `${statistic}: ${written(least)}${interval}`;
    })
    .join('; ');

/** Two decimals, of small numbers two digits that are not 0. */
const written = (value: number): string =>
  Math.abs(value) < 0.1 && value !== 0
    ? String(Number(value.toPrecision(2)))
    : readableCell(value, { decimals: 2 });

function groups<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const item of items) grouped.set(keyOf(item), [...(grouped.get(keyOf(item)) ?? []), item]);
  return grouped;
}

import { type ClusteredEstimate, clusteredStatistic, pAgainst } from '../../metrics/clustered.js';
import type { RunResult } from '../../records/result.js';
import type { Verdict } from '../../records/verdict.js';
import { original } from '../condition.js';
import { decideAll, type Evidence } from '../decide.js';
import { differenceFrom, isScored } from '../estimates.js';
import { under } from '../scores.js';
import { counterpart } from '../variants.js';
import { type Chosen, is2ds, paired, part, TABLE3_ROWS } from './scores.js';

/** What runs of the paper's variants say of its claims 5, 6 (2DS, §6.2) and 7 (standard benchmarks, §6.3). */
export function evaluationVerdicts(all: readonly RunResult[]): readonly Verdict[] {
  const results = all.filter(isScored);
  const evidence = results.flatMap((result): Evidence[] => {
    const { variant } = result;
    const baseline = counterpart(results, result, 'baseline');
    if (variant === 'baseline' || !baseline) return [];
    if (result.benchmark.name in TABLE3_ROWS) return standard(result, baseline);
    if (!is2ds(result)) return [];
    if (variant === 'normalize') return normalising(result, baseline);
    const normalised = counterpart(results, result, 'normalize');
    return normalised ? [gain(6, result, normalised)] : [];
  });
  return decideAll(evidence);
}

/** Claim 5: a gain over all, more of it in colour relations than elsewhere, more of it with more objects. */
function normalising(result: RunResult, baseline: RunResult): Evidence[] {
  const excess = excessOf(result, baseline, p => p.category === 'color.rel');
  const slope = slopeOf(result, baseline);
  const about = place(result);
  return [
    gain(5, result, baseline),
    {
      ...{ of: result, claim: 5, about: `${about}: colour relations`, ...aboveNothing(excess) },
      statistic: 'gain in colour relations less the mean gain in the other questions, points',
    },
    {
      ...{ of: result, claim: 5, about: `${about}: number of objects`, ...aboveNothing(slope) },
      statistic: 'slope of the gain, points an object',
      but: Number.isNaN(slope.value) ? 'all images have the same number of objects' : undefined,
    },
  ];
}

/** Claim 7, on one benchmark; CV-Bench's relations are set against its counts. */
function standard(result: RunResult, baseline: RunResult): Evidence[] {
  const whole = gain(7, result, baseline);
  const relations: Chosen = p => p.category === 'Relation';
  const parts = [part(result, relations), part(result, p => !relations(p))];
  if (result.benchmark.name !== 'cvbench' || parts.some(({ scores }) => scores.length === 0)) return [whole];
  const excess = excessOf(result, baseline, relations);
  return [
    whole,
    {
      ...{ of: result, claim: 7, about: `${place(result)}: relations`, ...aboveNothing(excess) },
      statistic: 'gain in relations less the gain in counts, points',
    },
  ];
}

function gain(claim: number, result: RunResult, baseline: RunResult): Evidence {
  const gained = differenceFrom(part(result), part(baseline), result.seed, 0);
  return {
    ...{ of: result, claim, about: place(result), ...gained },
    statistic: `accuracy gained over ${baseline.model}, points`,
    claimed: { above: 0 },
    detail: `paired cluster permutation test ${overImages(gained.images)}`,
  };
}

/** What is evidence of an estimate that a claim takes to be above 0. */
function aboveNothing(estimate: ClusteredEstimate) {
  const { value, low, high, clusters } = estimate;
  const test = { p: pAgainst(estimate, 0), images: clusters, detail: overImages(clusters) };
  return { value, low, high, ...test, claimed: { above: 0 } } as const;
}

/** How much more is gained on some questions than on the others, in points, with an interval clustered by image. */
function excessOf(result: RunResult, baseline: RunResult, chosen: Chosen) {
  const inside = paired(result, baseline, chosen);
  const outside = paired(result, baseline, p => !chosen(p));
  const columns = [
    [...differences(inside), ...outside.ours.map(() => 0)],
    [...inside.ours.map(() => 1), ...outside.ours.map(() => 0)],
    [...inside.ours.map(() => 0), ...differences(outside)],
  ];
  return clusteredStatistic(
    columns,
    [...inside.images, ...outside.images],
    ([within, count, without, all]) => 100 * (within! / count! - without! / (all! - count!)),
  );
}

/** Least-squares slope of the gain over the number of objects, in points an object, with an interval clustered by image. */
function slopeOf(result: RunResult, baseline: RunResult) {
  const hasCount: Chosen = p => p.labels.objects !== undefined;
  const pair = paired(result, baseline, hasCount);
  const gains = differences(pair);
  const counts = under(result, original)
    .filter(hasCount)
    .map(p => Number(p.labels.objects));
  const columns = [gains, counts, counts.map((x, i) => x * gains[i]!), counts.map(x => x * x)];
  return clusteredStatistic(columns, pair.images, ([y, x, xy, xx, n]) => {
    const spread = n! * xx! - x! ** 2;
    return spread > 0 ? (100 * (n! * xy! - x! * y!)) / spread : Number.NaN;
  });
}

const differences = ({ ours, theirs }: ReturnType<typeof paired>): number[] =>
  ours.map((score, i) => score - theirs[i]!);

const place = ({ benchmark }: RunResult): string => `${benchmark.title}, ${benchmark.split}`;

const overImages = (images: number): string => `over ${images} images`;

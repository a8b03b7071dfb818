import { clusteredStatistic } from '../../metrics/bootstrap.js';
import type { RunResult } from '../../records/result.js';
import type { Verdict } from '../../records/verdict.js';
import { original } from '../condition.js';
import { decide, type Evidence, pInWords } from '../decide.js';
import { isScored } from '../estimates.js';
import { under } from '../scores.js';
import { counterpart } from '../variants.js';
import { type Chosen, gainOver, is2ds, paired, part, TABLE3_ROWS } from './scores.js';

/** What runs of the paper's variants say of its claims 5, 6 (2DS, §6.2) and 7 (standard benchmarks, §6.3). */
export function evaluationVerdicts(all: readonly RunResult[]): readonly Verdict[] {
  const results = all.filter(isScored);
  return results.flatMap(result => {
    const { variant } = result;
    const baseline = counterpart(results, result, 'baseline');
    if (variant === 'baseline' || !baseline) return [];
    if (result.benchmark.name in TABLE3_ROWS) return standard(result, baseline);
    if (!is2ds(result)) return [];
    if (variant === 'normalize') return normalising(result, baseline);
    const normalised = counterpart(results, result, 'normalize');
    return normalised ? [decide(result, gain(6, result, normalised))] : [];
  });
}

/** Claim 5: a gain over all, more of it in colour relations than elsewhere, more of it with more objects. */
function normalising(result: RunResult, baseline: RunResult): Verdict[] {
  const excess = excessOf(result, baseline, p => p.category === 'color.rel');
  const slope = slopeOf(result, baseline);
  const about = place(result);
  return [
    decide(result, gain(5, result, baseline)),
    decide(result, {
      ...{ claim: 5, about: `${about}: colour relations`, ...excess, claimed: { above: 0 } },
      statistic: 'gain in colour relations less the mean gain in the other questions, points',
      detail: overImages(excess.clusters),
    }),
    decide(result, {
      ...{ claim: 5, about: `${about}: number of objects`, ...slope, claimed: { above: 0 } },
      statistic: 'slope of the gain, points an object',
      detail: overImages(slope.clusters),
      but: Number.isNaN(slope.value) ? 'all images have the same number of objects' : undefined,
    }),
  ];
}

/** Claim 7, on one benchmark; CV-Bench's relations are set against its counts. */
function standard(result: RunResult, baseline: RunResult): Verdict[] {
  const verdicts = [decide(result, gain(7, result, baseline))];
  const relations: Chosen = p => p.category === 'Relation';
  const parts = [part(result, relations), part(result, p => !relations(p))];
  if (result.benchmark.name !== 'cvbench' || parts.some(({ scores }) => scores.length === 0)) return verdicts;
  const excess = excessOf(result, baseline, relations);
  const evidence: Evidence = {
    ...{ claim: 7, about: `${place(result)}: relations`, ...excess, claimed: { above: 0 } },
    statistic: 'gain in relations less the gain in counts, points',
    detail: overImages(excess.clusters),
  };
  return [...verdicts, decide(result, evidence)];
}

function gain(claim: number, result: RunResult, baseline: RunResult): Evidence {
  const { difference, differenceLow, differenceHigh, p } = gainOver(result, baseline);
  const images = new Set(part(result).images).size;
  return {
    ...{ claim, about: place(result), value: difference, low: differenceLow, high: differenceHigh },
    statistic: `accuracy gained over ${baseline.model}, points`,
    claimed: { above: 0 },
    detail: `${pInWords(p)}, paired cluster permutation test ${overImages(images)}`,
  };
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
    { seed: result.seed },
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
  return clusteredStatistic(
    columns,
    pair.images,
    ([y, x, xy, xx, n]) => {
      const spread = n! * xx! - x! ** 2;
      return spread > 0 ? (100 * (n! * xy! - x! * y!)) / spread : Number.NaN;
    },
    { seed: result.seed },
  );
}

const differences = ({ ours, theirs }: ReturnType<typeof paired>): number[] =>
  ours.map((score, i) => score - theirs[i]!);

const place = ({ benchmark }: RunResult): string => `${benchmark.title}, ${benchmark.split}`;

const overImages = (images: number): string => `over ${images} images`;

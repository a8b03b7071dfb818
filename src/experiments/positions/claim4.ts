import { type ClusteredEstimate, clusteredStatistic, pAgainst } from '../../metrics/clustered.js';
import { quantiles } from '../../metrics/quantiles.js';
import type { Verdict } from '../../records/verdict.js';
import { decideAll, type Evidence } from '../decide.js';
import { imagesOf, lists, type PositionResult, shapeOf } from './estimates.js';

/** Appendix A's factor between the norms of vision and of text, 10¹ to 10². */
export const FACTOR = [10, 100] as const;

/** The attention that Appendix A gives vision in most layers, 0 to 0.2. */
const MASS = [0, 0.2] as const;

/** Claim 4 (Appendix A), part by part: in how many of the layers it is so; most are more than half. */
export function positionsVerdicts(results: readonly PositionResult[]): Verdict[] {
  const factor = `norm of vision / norm of text is ${FACTOR.join(' to ')}`;
  return decideAll(
    results.flatMap(result => [
      evidence(result, 'queries', factor, 'QueryNorm', FACTOR),
      evidence(result, 'keys', factor, 'KeyNorm', FACTOR),
      evidence(result, 'attention', `at most ${MASS[1]} of its mass is on vision`, 'Mass', MASS),
    ]),
  );
}

type Range = readonly [number, number];

function evidence(
  result: PositionResult,
  what: string,
  says: string,
  name: 'QueryNorm' | 'KeyNorm' | 'Mass',
  range: Range,
): Evidence {
  const layers = byLayer(result, name);
  const inside = layers.map(layer => pInside(layer, range));
  const outside = layers.map(layer => pOutside(layer, range));
  const share = (of: readonly boolean[]) => of.filter(yes => yes).length / of.length;
  const surely = (p: number) => p < 0.025;
  const most = Math.floor(layers.length / 2) + 1;
  const both = [atLeast(most, inside), atLeast(layers.length + 1 - most, outside)];
  const known = !inside.some(Number.isNaN);
  const values = layers.map(({ value }) => value);
  const [least, middle, greatest] = quantiles(values, [0, 0.5, 1]).map(v => v.toPrecision(3));
  const { clusters } = layers[0]!;
  return {
    of: result,
    claim: 4,
    about: `${what}, ${result.benchmark.title}`,
    control: result.variant !== 'baseline',
    statistic: `share of layers in which ${says}`,
    value: share(values.map(value => value >= range[0] && value <= range[1])),
    low: known ? share(inside.map(surely)) : Number.NaN,
    high: known ? 1 - share(outside.map(surely)) : Number.NaN,
    p: known ? Math.min(1, 2 * Math.min(...both)) : Number.NaN,
    images: clusters,
    claimed: { above: 0.5 },
    detail: `over the ${layers.length} layers ${name === 'Mass' ? 'the mass' : 'the ratio'} is ${least} to ${greatest}, median ${middle}; ${clusters} images, a test a layer`,
  };
}

/** Layer by layer: the mean mass on vision, which adds up to 1 a question, or the ratio of the mean norms. */
function byLayer(result: PositionResult, name: 'QueryNorm' | 'KeyNorm' | 'Mass'): ClusteredEstimate[] {
  const { layers } = shapeOf(result);
  const [vision, text] = (['vision', 'text'] as const).map(side => lists(result, `${side}${name}`));
  return Array.from({ length: layers }, (_, layer) => {
    const columns = [vision!, text!].map(values => values.map(list => list[layer]!));
    const statistic = ([ours, theirs, n]: Float64Array) => ours! / (name === 'Mass' ? n! : theirs!);
    return clusteredStatistic(columns, imagesOf(result), statistic);
  });
}

/** One-sided, of the hypothesis that the true value is at most `bound`. */
function pAbove(estimate: ClusteredEstimate, bound: number): number {
  const half = pAgainst(estimate, bound) / 2;
  return estimate.value > bound ? half : 1 - half;
}

const pInside = (estimate: ClusteredEstimate, [low, high]: Range): number =>
  Math.max(pAbove(estimate, low), 1 - pAbove(estimate, high));

const pOutside = (estimate: ClusteredEstimate, [low, high]: Range): number =>
  Math.min(1, 2 * Math.min(1 - pAbove(estimate, low), pAbove(estimate, high)));

/** The p-value of the hypothesis that fewer than `count` of the effects are there, whatever their dependence (Benjamini & Heller 2008). */
const atLeast = (count: number, pValues: readonly number[]): number =>
  Math.min(1, (pValues.length - count + 1) * [...pValues].sort((a, b) => a - b)[count - 1]!);

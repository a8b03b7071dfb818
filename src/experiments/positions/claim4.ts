import { clusteredStatistic } from '../../metrics/bootstrap.js';
import { quantiles } from '../../metrics/quantiles.js';
import type { Verdict } from '../../records/verdict.js';
import { decide } from '../decide.js';
import { imagesOf, lists, type PositionResult, shapeOf } from './estimates.js';

/** Appendix A's factor between the norms of vision and of text, 10¹ to 10². */
export const FACTOR = [10, 100] as const;

/** The most attention that Appendix A gives vision in most layers. */
const MASS = 0.2;

/** Claim 4 (Appendix A), part by part: in how many of the layers it is so; most are more than half. */
export function positionsVerdicts(results: readonly PositionResult[]): Verdict[] {
  const factor = (value: number) => value >= FACTOR[0] && value <= FACTOR[1];
  return results.flatMap(result => [
    verdict(result, 'queries', 'norm of vision / norm of text is 10 to 100', 'QueryNorm', factor),
    verdict(result, 'keys', 'norm of vision / norm of text is 10 to 100', 'KeyNorm', factor),
    verdict(result, 'attention', `at most ${MASS} of its mass is on vision`, 'Mass', value => value <= MASS),
  ]);
}

function verdict(
  result: PositionResult,
  what: string,
  says: string,
  name: 'QueryNorm' | 'KeyNorm' | 'Mass',
  isSo: (value: number) => boolean,
): Verdict {
  const { layers } = shapeOf(result);
  const columns = (['vision', 'text'] as const).flatMap(side => {
    const values = lists(result, `${side}${name}`);
    return Array.from({ length: layers }, (_, layer) => values.map(list => list[layer]!));
  });
  // The masses add up to 1 a question, the norms' ratio is that of their means.
  const byLayer = (sums: Float64Array) =>
    Array.from({ length: layers }, (_, layer) =>
      name === 'Mass' ? sums[layer]! / sums.at(-1)! : sums[layer]! / sums[layers + layer]!,
    );
  const share = (sums: Float64Array) => byLayer(sums).filter(isSo).length / layers;
  const images = imagesOf(result);
  const { value, low, high, clusters } = clusteredStatistic(columns, images, share, { seed: result.seed });
  const totals = Float64Array.from([
    ...columns.map(column => column.reduce((sum, v) => sum + v, 0)),
    images.length,
  ]);
  const [least, middle, most] = quantiles(byLayer(totals), [0, 0.5, 1]).map(v => v.toPrecision(3));
  return decide(result, {
    claim: 4,
    about: `${what}, ${result.benchmark.title}`,
    statistic: `share of layers in which ${says}`,
    value,
    low,
    high,
    claimed: { above: 0.5 },
    detail: `over the ${layers} layers ${name === 'Mass' ? 'the mass' : 'the ratio'} is ${least} to ${most}, median ${middle}; ${clusters} images`,
  });
}

import { pAgainst } from '../../metrics/clustered.js';
import type { Verdict } from '../../records/verdict.js';
import { original } from '../condition.js';
import { decideAll, type Evidence } from '../decide.js';
import { under } from '../scores.js';
import { counterpart } from '../variants.js';
import {
  type AttentionPrediction,
  type AttentionResult,
  datasetsOf,
  differenceOf,
  meanOf,
  measureOf,
} from './measures.js';

/** What runs say of claim 8: normalising raises attention entropy, multilayer lowers it below the baseline (§7.2), the target's cells have attention (§7.1). */
export const attentionVerdicts = (results: readonly AttentionResult[]): Verdict[] =>
  decideAll(
    datasetsOf(results).flatMap(({ results }) =>
      results.flatMap(result => [...ofEntropy(result, results), ...ofTarget(result)]),
    ),
  );

const CLAIM = 8;

/** Both are stated so that the claim holds above 0. */
function ofEntropy(result: AttentionResult, results: readonly AttentionResult[]): Evidence[] {
  const { variant } = result;
  const baseline = counterpart(results, result, 'baseline');
  if (variant === 'baseline' || !baseline) return [];
  const [higher, lower] = variant === 'normalize' ? [result, baseline] : [baseline, result];
  const test = differenceOf(higher, lower, p => measureOf(p, 'entropy'));
  if (!test) return [];
  return [
    {
      of: result,
      claim: CLAIM,
      about: place(result),
      statistic: `normalised attention entropy ${variant === 'normalize' ? 'gained over' : 'lost against'} ${baseline.model}`,
      ...{ value: test.difference, low: test.low, high: test.high, p: test.p, images: test.clusters },
      claimed: { above: 0 },
      detail: `paired cluster permutation test over ${test.clusters} images`,
    },
  ];
}

function ofTarget(result: AttentionResult): Evidence[] {
  const estimate = meanOf(under(result, original), excess);
  const { n, images, mean, low, high } = estimate;
  if (n === 0) return [];
  return [
    {
      of: result,
      claim: CLAIM,
      about: `${place(result)}: the target's cells`,
      statistic: "attention on the target's cells less their share of all cells, % of that on vision tokens",
      ...{ value: 100 * mean, low: 100 * low, high: 100 * high, images },
      p: pAgainst({ value: mean, ...estimate }, 0),
      claimed: { above: 0 },
      detail: `of the rows that produce the target word, ${n} answers on ${images} images`,
    },
  ];
}

function excess(prediction: AttentionPrediction): number | undefined {
  const mass = measureOf(prediction, 'mapTargetMass');
  return mass === undefined ? undefined : mass - measureOf(prediction, 'targetShare')!;
}

const place = ({ benchmark }: AttentionResult): string => `${benchmark.title}, ${benchmark.split}`;

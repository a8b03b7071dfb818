import type { Prediction } from '../../records/prediction.js';
import type { Verdict } from '../../records/verdict.js';
import { decide, pInWords } from '../decide.js';
import type { RunResult } from '../types.js';
import { counterpart, variantOf } from '../variants.js';
import { datasetsOf } from './datasets.js';
import { differenceOf, meanOf } from './estimates.js';
import { measureOf, ORIGINAL, under } from './measures.js';

/** What runs say of claim 8: normalising raises attention entropy, multilayer lowers it below the baseline (§7.2), the target's cells have attention (§7.1). */
export const attentionVerdicts = (results: readonly RunResult[]): Verdict[] =>
  datasetsOf(results).flatMap(({ results }) =>
    results.flatMap(result => [...ofEntropy(result, results), ...ofTarget(result)]),
  );

const CLAIM = 8;

/** Both are stated so that the claim holds above 0. */
function ofEntropy(result: RunResult, results: readonly RunResult[]): Verdict[] {
  const variant = variantOf(result.model);
  const baseline = counterpart(results, result, 'baseline');
  if (variant === 'baseline' || !baseline) return [];
  const [higher, lower] = variant === 'normalize' ? [result, baseline] : [baseline, result];
  const test = differenceOf(higher, lower, p => measureOf(p, 'entropy'));
  if (!test) return [];
  return [
    decide(result, {
      claim: CLAIM,
      about: place(result),
      statistic: `normalised attention entropy ${variant === 'normalize' ? 'gained over' : 'lost against'} ${baseline.model}`,
      value: test.difference,
      low: test.low,
      high: test.high,
      claimed: { above: 0 },
      detail: `${pInWords(test.p)}, paired cluster permutation test over ${test.clusters} images`,
    }),
  ];
}

function ofTarget(result: RunResult): Verdict[] {
  const { n, images, mean, low, high } = meanOf(under(result, ORIGINAL), excess, result.seed);
  if (n === 0) return [];
  return [
    decide(result, {
      claim: CLAIM,
      about: `${place(result)}: the target's cells`,
      statistic: "attention on the target's cells less their share of all cells, % of that on vision tokens",
      value: 100 * mean,
      low: 100 * low,
      high: 100 * high,
      claimed: { above: 0 },
      detail: `of the rows that produce the target word, ${n} answers on ${images} images`,
    }),
  ];
}

function excess(prediction: Prediction): number | undefined {
  const mass = measureOf(prediction, 'mapTargetMass');
  return mass === undefined ? undefined : mass - measureOf(prediction, 'targetShare')!;
}

const place = ({ benchmark }: RunResult): string => `${benchmark.title}, ${benchmark.split}`;

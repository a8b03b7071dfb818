import { clusteredMean, pAgainst } from '../../metrics/clustered.js';
import type { Verdict } from '../../records/verdict.js';
import { decideAll, type Evidence } from '../decide.js';
import { average, has, imagesOf, lists, type PositionResult } from './estimates.js';

/**
 * Claim 10 (abstract of the paper's second version): vision tokens and system prompt together take more of the answers' attention than
 * the user's text. Nothing is said of prompts without a system prompt.
 */
export const systemPromptVerdicts = (results: readonly PositionResult[]): Verdict[] =>
  decideAll(results.filter(result => has(result, 'hiddenSystem') && has(result, 'userShare')).map(evidence));

function evidence(result: PositionResult): Evidence {
  const mean = (name: 'userShare' | 'systemShare') => lists(result, name).map(average);
  const beside = mean('userShare').map(share => 1 - share);
  const { mean: value, ...estimate } = clusteredMean(beside, imagesOf(result), { range: [0, 1] });
  const system = average(mean('systemShare'));
  return {
    of: result,
    claim: 10,
    about: `attention, ${result.benchmark.title}`,
    control: result.variant !== 'baseline',
    statistic: 'attention of decoding steps on vision tokens and system prompt, share of that with user text',
    ...{ value, low: estimate.low, high: estimate.high, claimed: { above: 0.5 } },
    p: pAgainst({ value, ...estimate }, 0.5),
    images: estimate.clusters,
    detail: `${(100 * system).toFixed(1)} % of it on the system prompt; over ${estimate.clusters} images, mean over layers and heads`,
  };
}

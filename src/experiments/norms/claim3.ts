import type { Verdict } from '../../records/verdict.js';
import { decide } from '../decide.js';
import { medianRatio, type NormResult } from './summaries.js';

/** One order of magnitude: the least that the paper speaks of (§4.1). */
const ONE_ORDER = 10;

/** What norms say of claim 3: one verdict a model and set of images. */
export const normVerdicts = (results: readonly NormResult[]): Verdict[] =>
  results
    .filter(({ measurements }) => measurements.length > 0)
    .map(result => {
      const { value, low, high, clusters } = medianRatio(result);
      return decide(result, {
        claim: 3,
        about: `${result.benchmark.title} (${result.benchmark.split})`,
        statistic: 'median norm of vision tokens over that of text embeddings',
        value,
        low,
        high,
        claimed: { above: ONE_ORDER },
        detail: `the ratio is 10^${Math.log10(value).toFixed(2)}, over ${clusters} images`,
      });
    });

import type { RunResult } from '../../records/result.js';
import { blank, original, textOnly } from '../condition.js';
import { byBenchmark } from '../estimates.js';
import { type ConditionScores, conditionsOfKinds, named, scoresOf, scoresUnder } from '../scores.js';

/** How the tokens that are left came about: pooled at inference (by which pooling), or by a model trained with so many. */
const MADE = ['pooled', 'pooled (max)', 'pooled (centre)', 'pooled (random)', 'retrained'] as const;
type Made = (typeof MADE)[number];

/** One model's scores on one benchmark with some number of vision tokens. */
export interface CompressedScores {
  readonly tokens: number;
  readonly made: Made;
  readonly scores: ConditionScores;
  /** The run that they are from. */
  readonly result: RunResult;
}

/** One model on one benchmark, uncompressed and with fewer tokens. */
export interface Compression {
  readonly result: RunResult;
  /** All of the model's vision tokens; undefined for runs that do not say. */
  readonly tokens: number | undefined;
  /** Null where there are retrained checkpoints alone. */
  readonly original: ConditionScores | null;
  readonly blank: ConditionScores;
  readonly textOnly: ConditionScores;
  /** Pooled, then retrained; each from many tokens to few. */
  readonly points: readonly CompressedScores[];
}

/**
 * Runs as compressions, benchmark by benchmark. Retrained checkpoints stand beside the first model that is none, which is
 * the baseline; where there is no such model they stand alone, without an uncompressed score.
 */
export function compressionsOf(results: readonly RunResult[]): Compression[] {
  return byBenchmark(results).flatMap(group => {
    const retrained = group.filter(r => r.retrainedFor !== undefined);
    const models = group.filter(r => r.retrainedFor === undefined);
    const alone = models.length === 0;
    return (alone ? retrained.slice(0, 1) : models).map((result, i): Compression => {
      const points = [...pooledPoints(result), ...(i === 0 ? retrained.map(retrainedPoint) : [])];
      return {
        result,
        tokens: result.visionTokens,
        original: alone ? null : scoresUnder(result, original),
        blank: scoresUnder(result, blank),
        textOnly: scoresUnder(result, textOnly),
        points: points.sort((a, b) => MADE.indexOf(a.made) - MADE.indexOf(b.made) || b.tokens - a.tokens),
      };
    });
  });
}

const pooledPoints = (result: RunResult): CompressedScores[] =>
  conditionsOfKinds(result, 'pool').map(({ name, params: { pooling, count } }) => ({
    tokens: Number(count),
    made: (pooling === 'avg' ? 'pooled' : `pooled (${pooling})`) as Made,
    scores: scoresOf(named(result.predictions, name)),
    result,
  }));

const retrainedPoint = (result: RunResult): CompressedScores => ({
  tokens: result.retrainedFor!,
  made: 'retrained',
  scores: scoresUnder(result, original),
  result,
});

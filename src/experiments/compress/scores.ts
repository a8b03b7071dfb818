import { conditionsOf } from '../../records/prediction.js';
import { blankImageCondition, textOnlyCondition } from '../controls.js';
import { byBenchmark } from '../estimates.js';
import { type ConditionScores, ORIGINAL, scoresOf } from '../scores.js';
import type { RunResult } from '../types.js';

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
      const asked = (condition: string) => scoresOf(result.predictions, condition);
      const points = [...pooledPoints(result), ...(i === 0 ? retrained.map(retrainedPoint) : [])];
      return {
        result,
        tokens: result.visionTokens,
        original: alone ? null : asked(ORIGINAL),
        blank: asked(blankImageCondition.name),
        textOnly: asked(textOnlyCondition.name),
        points: points.sort((a, b) => MADE.indexOf(a.made) - MADE.indexOf(b.made) || b.tokens - a.tokens),
      };
    });
  });
}

const CONDITION = /^pooled-(\d+)(?:-(max|centre|random))?$/;

function pooledPoints(result: RunResult): CompressedScores[] {
  const names = conditionsOf(result.predictions);
  return names.flatMap(name => {
    const [, tokens, pooling] = CONDITION.exec(name) ?? [];
    if (tokens === undefined) return [];
    const made = (pooling === undefined ? 'pooled' : `pooled (${pooling})`) as Made;
    return { tokens: Number(tokens), made, scores: scoresOf(result.predictions, name), result };
  });
}

const retrainedPoint = (result: RunResult): CompressedScores => ({
  tokens: result.retrainedFor!,
  made: 'retrained',
  scores: scoresOf(result.predictions, ORIGINAL),
  result,
});

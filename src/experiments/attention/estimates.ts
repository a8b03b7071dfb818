import { clusteredMean } from '../../metrics/bootstrap.js';
import { type PairedTest, pairedClusterTest } from '../../metrics/paired-cluster-test.js';
import { original } from '../condition.js';
import { under } from '../scores.js';
import type { AttentionPrediction, AttentionResult } from './measures.js';

/** A number of a question; undefined where it has none. */
type Value = (prediction: AttentionPrediction) => number | undefined;

export interface Mean {
  readonly n: number;
  readonly images: number;
  /** NaN of nothing. */
  readonly mean: number;
  /** 95 % interval, clustered by image; NaN of one image or none. */
  readonly low: number;
  readonly high: number;
}

/** The mean of a number over the questions that have it. */
export function meanOf(predictions: readonly AttentionPrediction[], value: Value, seed: number): Mean {
  const known = predictions.filter(p => value(p) !== undefined);
  if (known.length === 0) {
    return { n: 0, images: 0, mean: Number.NaN, low: Number.NaN, high: Number.NaN };
  }
  const { clusters, ...rest } = clusteredMean(
    known.map(p => value(p)!),
    known.map(p => p.image),
    { seed },
  );
  return { ...rest, images: clusters };
}

/** A number's difference between two models on the questions for which both have it; undefined where there is none. */
export function differenceOf(
  ours: AttentionResult,
  theirs: AttentionResult,
  value: Value,
): PairedTest | undefined {
  const baseline = new Map(under(theirs, original).map(p => [p.id, value(p)]));
  const both = under(ours, original).filter(p => value(p) !== undefined && baseline.get(p.id) !== undefined);
  if (both.length === 0) return undefined;
  return pairedClusterTest(
    both.map(p => value(p)!),
    both.map(p => baseline.get(p.id)!),
    both.map(p => p.image),
    { seed: ours.seed },
  );
}

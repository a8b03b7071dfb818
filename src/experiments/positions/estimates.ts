import { clusteredMean, clusteredStatistic } from '../../metrics/bootstrap.js';
import type { MeasuredResult } from '../types.js';

/** A mean, or a ratio of means, with its 95 % interval clustered by image. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A measure's list, record by record; RangeError where a record lacks it. */
export function lists(result: MeasuredResult, name: string): (readonly number[])[] {
  return result.measurements.map(({ id, measures }) => {
    const values = measures[name];
    if (!Array.isArray(values)) throw new RangeError(`positions: record ${id} has no list "${name}"`);
    return values;
  });
}

/** Whether the records have a measure: prompts without a system prompt have no norms of it. */
export const has = ({ measurements }: MeasuredResult, name: string): boolean =>
  measurements.every(m => m.measures[name] !== undefined);

export const imagesOf = ({ measurements }: MeasuredResult): string[] => measurements.map(m => m.image);

/** The mean over records of one value each. */
export function meanOf(result: MeasuredResult, values: readonly number[]): Estimate {
  const { mean, low, high } = clusteredMean(values, imagesOf(result), { seed: result.seed });
  return { value: mean, low, high };
}

/** The mean of one place of a list. */
export const meanAt = (result: MeasuredResult, name: string, at: number): Estimate =>
  meanOf(
    result,
    lists(result, name).map(values => values[at]!),
  );

/** The ratio of the means of two lists at one place. */
export function ratioAt(result: MeasuredResult, over: string, under: string, at: number): Estimate {
  const columns = [over, under].map(name => lists(result, name).map(values => values[at]!));
  const options = { seed: result.seed };
  return clusteredStatistic(columns, imagesOf(result), ([a, b]) => a! / b!, options);
}

/** Decoder layers, and heads of each, as the records' lists are long. */
export function shapeOf(result: MeasuredResult): { layers: number; heads: number } {
  const layers = lists(result, 'visionMass')[0]!.length;
  return { layers, heads: lists(result, 'alpha')[0]!.length / layers };
}

export const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

import { z } from 'zod';
import { clusteredMean, clusteredStatistic } from '../../metrics/clustered.js';
import type { MeasuredResult } from '../../records/result.js';
import { noSystemPrompt, original } from '../condition.js';

const list = z.array(z.number()).readonly();

/**
 * What is stored of a question: `visionShare`, `systemShare`, `userShare`, `alpha`, `deltaAlpha`, `deltaG` [layers · heads], layer by layer; norms,
 * logits and masses [layers]; `hidden…` [layers + 1], the input embeddings first (kinds of token that the prompt has none of are
 * missing); `systemShareBySteps` [generated tokens]. [layers] are `turn…` (cosine of a layer's input and output), `phase…` (‖Δu‖ of a
 * step in phase), `output…` (‖attention output‖ / ‖residual‖), `sinkShare` (of the vision tokens) and `sinkMass`.
 */
export const positionMeasures = z.strictObject({
  answerTokens: z.number(),
  /** Steps by which the vision keys were turned, 1 in records without it, and vision tokens. */
  delta: z.number().exactOptional(),
  visionTokens: z.number().exactOptional(),
  visionShare: list,
  systemShare: list.exactOptional(),
  systemShareBySteps: list.exactOptional(),
  userShare: list.exactOptional(),
  alpha: list,
  deltaAlpha: list,
  deltaG: list,
  visionQueryNorm: list,
  textQueryNorm: list,
  visionKeyNorm: list,
  textKeyNorm: list,
  visionLogit: list,
  textLogit: list,
  visionMass: list,
  textMass: list,
  hiddenBos: list.exactOptional(),
  hiddenSystem: list.exactOptional(),
  hiddenUserText: list,
  hiddenVision: list,
  turnUserText: list.exactOptional(),
  turnVision: list.exactOptional(),
  phaseUserText: list.exactOptional(),
  phaseVision: list.exactOptional(),
  outputUserText: list.exactOptional(),
  outputVision: list.exactOptional(),
  sinkShare: list.exactOptional(),
  sinkMass: list.exactOptional(),
  /** Places of the vision tokens that are sinks as they enter the decoder; left out where there are none. */
  sinkPlaces: list.exactOptional(),
});

export type PositionMeasures = z.output<typeof positionMeasures>;
export type PositionResult = MeasuredResult<PositionMeasures>;
/** The measures that are lists. */
export type PositionList = Exclude<keyof PositionMeasures, 'answerTokens' | 'delta' | 'visionTokens'>;

/** A mean, or a ratio of means, with its 95 % interval clustered by image. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** A measure's list, record by record; RangeError where a record lacks it. */
export function lists(result: PositionResult, name: PositionList): (readonly number[])[] {
  return result.measurements.map(({ id, measures }) => {
    const values = measures[name];
    if (values === undefined) throw new RangeError(`positions: record ${id} has no list "${name}"`);
    return values;
  });
}

/** Whether the records have a measure: prompts without a system prompt have no norms of it. */
export const has = ({ measurements }: PositionResult, name: PositionList): boolean =>
  measurements.every(m => m.measures[name] !== undefined);

/** The image of each measurement, in their order: what intervals resample. */
export const imagesOf = ({ measurements }: PositionResult): string[] => measurements.map(m => m.image);

/** Steps by which a result's vision keys were turned. */
export const deltaOf = ({ measurements }: PositionResult): number => measurements[0]?.measures.delta ?? 1;

/** The mean over records of one value each. */
export function meanOf(result: PositionResult, values: readonly number[]): Estimate {
  const { mean, low, high } = clusteredMean(values, imagesOf(result));
  return { value: mean, low, high };
}

/** The mean of one place of a list. */
export const meanAt = (result: PositionResult, name: PositionList, at: number): Estimate =>
  meanOf(
    result,
    lists(result, name).map(values => values[at]!),
  );

/** The ratio of the means of two lists at one place. */
export function ratioAt(
  result: PositionResult,
  over: PositionList,
  under: PositionList,
  at: number,
): Estimate {
  const columns = [over, under].map(name => lists(result, name).map(values => values[at]!));
  return clusteredStatistic(columns, imagesOf(result), ([a, b]) => a! / b!);
}

/** Decoder layers, and heads of each, as the records' lists are long. */
export function shapeOf(result: PositionResult): { layers: number; heads: number } {
  const layers = lists(result, 'visionMass')[0]!.length;
  return { layers, heads: lists(result, 'alpha')[0]!.length / layers };
}

/** The mean; NaN of no values. */
export const average = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Whether a result's prompts are whole. */
export const isOriginal = ({ measurements }: PositionResult): boolean =>
  measurements.every(({ condition }) => condition === original.name);

/** Results apart by what was asked: those without the system prompt as a model of their own name. */
export function byCondition(results: readonly PositionResult[]): PositionResult[] {
  return results.flatMap(result =>
    [original, noSystemPrompt].flatMap(({ name }) => {
      const measurements = result.measurements.filter(({ condition }) => condition === name);
      if (measurements.length === 0) return [];
      const model = name === original.name ? result.model : `${result.model}, no system prompt`;
      return [{ ...result, model, measurements }];
    }),
  );
}
